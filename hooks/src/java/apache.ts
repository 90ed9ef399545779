/** Apache's HTTP client, part of Android until 9 and brought along by apps since. */

import { clip } from "../common/contract.js";
import { written } from "./arrays.js";
import { addressOf } from "./sockets.js";
import { as, Call, printed, Thing, Told, Watch } from "./watch.js";

export function apache(most: number): Watch[] {
    return [
        {
            of: "org.apache.http.protocol.HttpRequestExecutor",
            method: "execute",
            brought: true,
            tell: (call) => execute(call, most),
        },
    ];
}

/** execute(HttpRequest, HttpClientConnection, HttpContext) */
function execute(call: Call, most: number): Told {
    const [request, connection, context] = call.args;
    const line = request.getRequestLine();
    const event = {
        kind: "http",
        api: "org.apache.http",
        method: String(line.getMethod()),
        url: clip(absolute(String(line.getUri()), context, call)),
        head: clip(headers(as(request, "org.apache.http.HttpMessage", call).getAllHeaders())),
        ...remote(connection, call),
    };
    const body = bodyOf(request, most, call);
    return body === null ? { event } : { event: { ...event, size: body.size }, bytes: body.bytes };
}

/** A request names only the path: whom it goes to stands in the context. */
function absolute(uri: string, context: Thing, call: Call): string {
    const target = context === null ? null : as(context.getAttribute("http.target_host"), "org.apache.http.HttpHost", call);
    return target === null || !uri.startsWith("/") ? uri : String(target.toURI()) + uri;
}

function headers(all: Thing[]): string {
    let text = "";
    for (let at = 0; at < all.length; at++) {
        text += `${printed(all[at])}\r\n`;
    }
    return text;
}

function remote(connection: Thing, call: Call): object {
    const inet = as(connection, "org.apache.http.HttpInetConnection", call);
    const address = inet === null ? null : inet.getRemoteAddress();
    return address === null ? {} : { ip: addressOf(address), port: inet.getRemotePort() };
}

interface Body {
    size: number;
    bytes: Uint8Array | null;
}

/** The body, where it may be read without using it up; of one that is too large or of unknown length only the size. */
function bodyOf(request: Thing, most: number, call: Call): Body | null {
    const enclosing = as(request, "org.apache.http.HttpEntityEnclosingRequest", call);
    const entity = enclosing === null ? null : enclosing.getEntity();
    if (entity === null) {
        return null;
    }
    const size = Number(entity.getContentLength());
    if (size < 0) {
        return null;
    }
    const readable = size <= most && entity.isRepeatable();
    return { size, bytes: readable ? written((stream) => entity.writeTo(stream), most) : null };
}

