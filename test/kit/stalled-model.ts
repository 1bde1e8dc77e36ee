// A model server in a process of its own, for tests that kill it: begins every stream, and ends those it holds at SIGUSR2.
// Prints its port. Run: bun test/kit/stalled-model.ts

const eventOf = (data: { type: string }) => new TextEncoder().encode(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
const usage = { input_tokens: 10, output_tokens: 1 };
const about = { id: "msg_1", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage };
const BEGIN = [
  { type: "message_start", message: { type: "message", ...about } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Well" } },
].map(eventOf);
const END = [
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: ", yes." } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
  { type: "message_stop" },
].map(eventOf);

const held: ReadableStreamDefaultController<Uint8Array>[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    await request.bytes();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of BEGIN) controller.enqueue(piece);
        held.push(controller);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
});
process.on("SIGUSR2", () => {
  for (const controller of held.splice(0)) {
    for (const piece of END) controller.enqueue(piece);
    controller.close();
  }
});
process.stdout.write(`${server.port}\n`);

export {};
