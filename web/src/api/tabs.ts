/** What the tabs of a browser tell each other. Each message names the user that it is about. */
export interface TabMessage {
  readonly kind: 'signed-in' | 'signed-out' | 'changed' | 'reauthenticated';
  readonly userId: string;
}

/** The other tabs of the browser with the console. */
export interface Tabs {
  tell(message: TabMessage): void;
  /** Calls `listener` with the messages of other tabs. Returns a function that ends the subscription. */
  listen(listener: (message: TabMessage) => void): () => void;
}

/** Returns a channel to the other tabs. */
export function openTabs(): Tabs {
  const channel = new BroadcastChannel('postern');
  return {
    tell: (message) => channel.postMessage(message),
    listen(listener) {
      const receive = ({ data }: MessageEvent<TabMessage>) => listener(data);
      channel.addEventListener('message', receive);
      return () => channel.removeEventListener('message', receive);
    },
  };
}
