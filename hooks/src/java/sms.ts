/** Messages that are sent without the user: how clients registered units before they did so by HTTP. */

import { utf8 } from "../common/bytes.js";
import { bytesOf } from "./arrays.js";
import { Call, printed, Told, Watch } from "./watch.js";

const MANAGER = "android.telephony.SmsManager";

export function sms(most: number): Watch[] {
    return [
        { of: MANAGER, method: "sendDataMessage", tell: (call) => data(call, most) },
        { of: MANAGER, method: "sendTextMessage", tell: ({ args }) => text("sendTextMessage", args[0], args[2], most) },
        { of: MANAGER, method: "sendMultipartTextMessage", tell: (call) => parts(call, most) },
    ];
}

/** sendDataMessage(String to, String centre, short port, byte[] data, …) */
function data({ args }: Call, most: number): Told {
    const [to, , port, bytes] = args;
    const event = { kind: "sms", api: `${MANAGER}.sendDataMessage`, to: to ?? "", port: port & 0xffff, size: bytes.length };
    return { event, bytes: bytesOf(bytes, most) };
}

/** sendMultipartTextMessage(String to, String centre, List<String> parts, …) */
function parts({ args }: Call, most: number): Told {
    const list = args[2].toArray();
    let whole = "";
    for (let at = 0; at < list.length; at++) {
        whole += printed(list[at]) ?? "";
    }
    return text("sendMultipartTextMessage", args[0], whole, most);
}

function text(method: string, to: string | null, message: string | null, most: number): Told {
    const bytes = utf8(message ?? "");
    const event = { kind: "sms", api: `${MANAGER}.${method}`, to: to ?? "", size: bytes.length };
    return { event, bytes: bytes.subarray(0, most) };
}
