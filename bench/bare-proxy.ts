// The measure of all proxies here: the least that a gateway on this runtime can do. It parses and hashes the body, hands
// headers on both ways, fetches and pipes. No limits, no authentication, no metrics. Run: bun bench/bare-proxy.ts PORT UPSTREAM

const [port, upstream] = process.argv.slice(2);
Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const body = await request.bytes();
    JSON.parse(new TextDecoder().decode(body));
    new Bun.CryptoHasher("sha256").update(body).digest("hex");
    const headers = new Headers(request.headers);
    for (const name of ["host", "content-length", "connection"]) headers.delete(name);
    const answer = await fetch(upstream + new URL(request.url).pathname, {
      method: "POST",
      headers,
      body,
      signal: request.signal,
    });
    const back = new Headers(answer.headers);
    for (const name of ["content-length", "transfer-encoding", "connection"]) back.delete(name);
    return new Response(answer.body, { status: answer.status, headers: back });
  },
});
