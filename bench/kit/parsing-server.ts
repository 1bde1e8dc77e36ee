// Reads each body, parses it, and refuses: the least that anyone does who must know what is asked. Run: bun bench/kit/parsing-server.ts PORT

const decoder = new TextDecoder();

Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const { model } = JSON.parse(decoder.decode(await request.bytes())) as { model: string };
    return Response.json({ error: `No room for ${model}.` }, { status: 503, headers: { "retry-after": "1" } });
  },
});
