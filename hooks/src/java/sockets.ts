/** java.net.Socket: where to, with the name it was made from. */

import { ipv4, ipv6 } from "../common/ip.js";
import { bytesOf } from "./arrays.js";
import { as, Call, Thing, Told, Watch } from "./watch.js";

export function sockets(): Watch[] {
    let serial = 0;
    const tell = (call: Call): Told | null => {
        const to = as(call.args[0], "java.net.InetSocketAddress", call);
        const address = to === null ? null : to.getAddress();
        if (address === null) {
            return null;
        }
        serial += 1;
        return {
            event: {
                kind: "connect",
                conn: `java.${serial}`,
                host: String(to.getHostString()),
                ip: addressOf(address),
                port: to.getPort(),
                transport: "tcp",
                rc: call.threw ? -1 : 0,
                errno: 0,
            },
        };
    };
    return [{ of: "java.net.Socket", method: "connect", after: true, tell }];
}

/** A java.net.InetAddress in digits. */
export function addressOf(address: Thing): string {
    const bytes = bytesOf(address.getAddress(), 16);
    return bytes.length === 4 ? ipv4(bytes) : ipv6(bytes);
}
