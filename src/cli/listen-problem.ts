// What the system says of an address that cannot be listened on, in words that tell what to do.

/** Throws anything else again. */
export function listenProblem(error: unknown, { host, port }: { readonly host: string; readonly port: number }): string {
  switch ((error as { code?: unknown } | null)?.code) {
    case "EADDRINUSE":
      return `port ${port} is in use; end the other program, or choose another port with --port.`;
    case "EACCES":
      return `this user may not listen on port ${port}; choose a port from 1024 up with --port.`;
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return `${host} is no address of this machine; choose another with --host.`;
    default:
      throw error;
  }
}
