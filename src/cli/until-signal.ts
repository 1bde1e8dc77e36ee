// How commands that run until a signal end: the first lets them finish, the second ends the process at once.

/** Resolves at the first SIGTERM or SIGINT. The handler stays, so that a second one never ends the process by default. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const take = () => {
      if (++count > 1) process.exit(1);
      resolve();
    };
    process.on("SIGTERM", take);
    process.on("SIGINT", take);
  });
}
