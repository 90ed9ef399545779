/** OkHttp 3 and later, as apps bring it along; where its classes were renamed it is not found. */

import Java from "frida-java-bridge";

import { clip } from "../common/contract.js";
import { bytesOf } from "./arrays.js";
import { Call, printed, Thing, Told, Watch } from "./watch.js";

export function okhttp(most: number): Watch[] {
    return [
        {
            of: "okhttp3.internal.http.BridgeInterceptor",
            method: "intercept",
            brought: true,
            tell: (call) => intercept(call, most),
        },
    ];
}

/** intercept(Interceptor.Chain): the request as the app made it. */
function intercept({ args, factory }: Call, most: number): Told {
    const request = args[0].request();
    const event = {
        kind: "http",
        api: "okhttp3",
        method: String(request.method()),
        url: clip(printed(request.url()) ?? ""),
        head: clip(printed(request.headers()) ?? ""),
    };
    const body = request.body();
    const size = body === null ? -1 : Number(body.contentLength());
    if (size < 0) {
        return { event };
    }
    return { event: { ...event, size }, bytes: size <= most && isOwn(body) ? read(body, factory, most) : null };
}

/** OkHttp's own bodies may be written twice; an app's may count, or be used up. Parts of a form may be an app's. */
function isOwn(body: Thing): boolean {
    const name = String(Java.cast(body, Java.use("java.lang.Object")).getClass().getName());
    return name.startsWith("okhttp3.") && !name.includes("Multipart");
}

function read(body: Thing, factory: Java.ClassFactory, most: number): Uint8Array {
    const buffer = (factory.use("okio.Buffer") as Thing).$new();
    body.writeTo(buffer);
    return bytesOf(buffer.readByteArray(), most);
}
