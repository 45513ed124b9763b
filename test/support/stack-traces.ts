const { prepareStackTrace } = Error;

/** The text of each frame, by its place. */
const frames = new Map<string, string>();

function frameText(site: NodeJS.CallSite): string {
  const text: string = prepareStackTrace?.({ name: 'Error', message: '' }, [site]);
  return text.slice(text.indexOf('\n'));
}

function cachedFrameText(site: NodeJS.CallSite): string {
  const place = `${site.getFileName()}:${site.getPosition()}`;
  let text = frames.get(place);
  if (text === undefined) {
    text = frameText(site);
    frames.set(place, text);
  }
  return text;
}

/**
 * Finds the source of each place in the code once. graphql-js reads the stack of every error of a resolver, and the tests cause
 * tens of thousands of refusals.
 */
export function cacheStackFrames(): void {
  if (!prepareStackTrace) return;
  Error.prepareStackTrace = (error, sites) =>
    `${error.name || 'Error'}: ${error.message || ''}${sites.map(cachedFrameText).join('')}`;
}
