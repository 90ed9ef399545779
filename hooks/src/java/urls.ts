/** Addresses that java.net.URL, HttpURLConnection's engine and WebView are asked for. */

import { clip } from "../common/contract.js";
import { bytesOf } from "./arrays.js";
import { Call, printed, Told, Watch } from "./watch.js";

/** What leaves the unit; classes and resources are opened by URL too. */
const REMOTE = /^(https?|wss?|ftp):/i;

export function urls(most: number): Watch[] {
    return [
        { of: "java.net.URL", method: "openConnection", tell: ({ self }) => asked("java.net.URL", printed(self)) },
        { of: "com.android.okhttp.internal.http.HttpEngine", method: "sendRequest", tell: sendRequest },
        {
            of: "android.webkit.WebView",
            method: "loadUrl",
            tell: ({ args }) => asked("android.webkit.WebView", args[0]),
        },
        { of: "android.webkit.WebView", method: "postUrl", tell: (call) => postUrl(call, most) },
    ];
}

function asked(api: string, url: string | null, more: object = {}): Told | null {
    return url === null || !REMOTE.test(url) ? null : { event: { kind: "http", api, url: clip(url), ...more } };
}

/** AOSP external/okhttp: HttpEngine.sendRequest(), called again for a request whose way is already decided. */
function sendRequest({ self }: Call): Told | null {
    if (self.cacheStrategy.value !== null) {
        return null;
    }
    const request = self.getRequest();
    return asked("com.android.okhttp", String(request.urlString()), {
        method: String(request.method()),
        head: clip(printed(request.headers()) ?? ""),
    });
}

/** postUrl(String, byte[]) */
function postUrl({ args }: Call, most: number): Told | null {
    const told = asked("android.webkit.WebView", args[0], { method: "POST", size: args[1].length });
    return told === null ? null : { ...told, bytes: bytesOf(args[1], most) };
}
