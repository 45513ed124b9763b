import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from './api.ts';
import type { Credential } from './credentials.ts';
import { failure, isFailure } from './failure.ts';

const CLIENT = { client_id: 'pat' };
const SECOND = 1000;

/**
 * Asks a server for a session or, with scopes, a token, and waits until a person has decided in a browser (RFC 8628). `say`
 * shows a line to the person. Throws a failure.
 */
export async function requestCredential(
  origin: string,
  scopes: readonly string[],
  say: (line: string) => void,
): Promise<Credential> {
  // Loaded here, because only this command needs it.
  const oauth = await import('oauth4webapi');
  const issuer = new URL(origin);
  const options = {
    [oauth.customFetch]: (url: string, init: object) => send(url, init),
    [oauth.allowInsecureRequests]: issuer.protocol === 'http:',
  };
  try {
    const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
    const server = await oauth.processDiscoveryResponse(issuer, discovery);
    const form = {
      client_name: hostname() || 'unknown host',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    };
    const begun = await oauth.processDeviceAuthorizationResponse(
      server,
      CLIENT,
      await oauth.deviceAuthorizationRequest(server, CLIENT, oauth.None(), form, options),
    );
    say(
      `Open ${begun.verification_uri} in a browser, on any machine, and type this code:\n\n    ${begun.user_code}\n`,
    );
    say('Waiting for your decision. The code is valid for ten minutes. Do not give it to anyone.');
    let interval = begun.interval ?? 5;
    for (const end = Date.now() + begun.expires_in * SECOND; Date.now() < end; ) {
      await pause(interval * SECOND);
      const polled = await oauth.deviceCodeGrantRequest(
        server,
        CLIENT,
        oauth.None(),
        begun.device_code,
        options,
      );
      try {
        const { access_token } = await oauth.processDeviceCodeResponse(server, CLIENT, polled);
        return { origin, secret: access_token };
      } catch (error) {
        if (!(error instanceof oauth.ResponseBodyError)) throw error;
        if (error.error === 'slow_down') interval += 5;
        else if (error.error !== 'authorization_pending') {
          throw failure('refused', error.error_description ?? error.error);
        }
      }
    }
    throw failure('refused', 'The ten minutes are over. Run pat login again.');
  } catch (error) {
    if (isFailure(error)) throw error;
    if (error instanceof oauth.ResponseBodyError) {
      throw failure('refused', error.error_description ?? error.error);
    }
    throw failure('unreachable', `${origin} does not answer like Postern: ${(error as Error).message}.`);
  }
}
