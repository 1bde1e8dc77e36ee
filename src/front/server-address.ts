// The address of an app server as people write it: `http://host:port`, nothing behind it.

import { MillraceError } from "../base/index.ts";

/** Throws `option_invalid`, with the text and what to write instead. */
export function serverAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  if (!isPlain || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new MillraceError(
      "option_invalid",
      `${JSON.stringify(text.slice(0, 200))} is no server. Write it like http://10.0.0.5:7878, without a path.`,
    );
  }
  return url;
}
