/** What is used of noVNC, which has no types of its own. */
declare module '@novnc/novnc' {
  interface Events {
    connect: CustomEvent<undefined>
    disconnect: CustomEvent<{ clean: boolean }>
    credentialsrequired: CustomEvent<{ types: string[] }>
    clipboard: CustomEvent<{ text: string }>
  }

  export default class RFB {
    /** @param channel an address, or a WebSocket that is open. */
    constructor(target: HTMLElement, channel: string | WebSocket)
    viewOnly: boolean
    scaleViewport: boolean
    addEventListener<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void
    sendCredentials(credentials: { username: string; password: string; target: string }): void
    clipboardPasteFrom(text: string): void
    sendCtrlAltDel(): void
    disconnect(): void
  }
}
