// A proxy with the queue that most would write: so many calls at once, the rest in line, first come first served.
// Run: bun bench/kit/queued-proxy.ts PORT UPSTREAM AT_ONCE IN_LINE [FOLDER WITH p-queue]. Beyond IN_LINE: 503.

const [port, upstream, atOnce, inLine, folder] = process.argv.slice(2);

interface Line {
  readonly waiting: number;
  run(work: () => Promise<Response>): Promise<Response>;
}

function firstCome(): Line {
  let busy = 0;
  const line: (() => void)[] = [];
  return {
    get waiting() {
      return line.length;
    },
    async run(work) {
      if (busy < Number(atOnce)) busy++;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next) next();
        else busy--;
      }
    },
  };
}

async function packaged(from: string): Promise<Line> {
  const { default: PQueue } = await import(Bun.resolveSync("p-queue", `${from}/package.json`));
  const queue = new PQueue({ concurrency: Number(atOnce) });
  return {
    get waiting() {
      return queue.size as number;
    },
    run: (work) => queue.add(work),
  };
}

const line = folder === undefined ? firstCome() : await packaged(folder);
Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    if (line.waiting >= Number(inLine)) return new Response("full", { status: 503 });
    const body = await request.bytes();
    const path = new URL(request.url).pathname;
    return line.run(async () => {
      const answer = await fetch(upstream + path, { method: "POST", headers: request.headers, body });
      return new Response(await answer.bytes(), { status: answer.status });
    });
  },
});

export {};
