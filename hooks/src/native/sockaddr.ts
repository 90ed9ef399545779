/** Socket addresses, as Linux lays them out (sys/socket.h, netinet/in.h). */

import { ipv4, ipv6 } from "../common/ip.js";
import { bytesAt, Pointer } from "./pointer.js";

export const AF_INET = 2;
export const AF_INET6 = 10;
const SIZE_OF_IN = 8; // family, port, address; what follows is padding
const SIZE_OF_IN6 = 24; // without the scope, which old callers leave out

export interface Address {
    ip: string;
    port: number;
}

/** The address at *from*, of *length* bytes; null where it is neither IPv4 nor IPv6. */
export function sockaddr(from: Pointer, length: number): Address | null {
    if (from.isNull() || length < SIZE_OF_IN) {
        return null;
    }
    const family = from.readU16();
    const port = from.add(2).readU8() * 256 + from.add(3).readU8();
    if (family === AF_INET) {
        return { ip: ipv4(bytesAt(from.add(4), 4)), port };
    }
    if (family === AF_INET6 && length >= SIZE_OF_IN6) {
        const scope = length >= 28 ? from.add(24).readU32() : 0;
        return { ip: ipv6(bytesAt(from.add(8), 16), scope), port };
    }
    return null;
}
