/** Bytes that come back, where the host asked for them: how many, and the first KiB of each connection. */

import { ownExport } from "./libc.js";
import { gathered, msghdr } from "./iovec.js";
import { bytesAt } from "./pointer.js";
import { Outermost } from "./outermost.js";
import { connectionOn, Sight, tellData } from "./sight.js";

const FIRST_BYTES = 1024;
const MSG_PEEK = 2;

type Read = (size: number) => Uint8Array;

interface Asked {
    file: number;
    read: Read;
}

export function watchReads(sight: Sight, libc: Module): void {
    const outermost = new Outermost();
    for (const [name, { read, flags }] of Object.entries(functions(sight))) {
        sight.hooking.attach<Asked>(name, ownExport(libc, name), {
            enter(args) {
                if (sight.elsewhere.has(args[0]!.toInt32())) {
                    return undefined;
                }
                const peek = flags !== null && (args[flags]!.toInt32() & MSG_PEEK) !== 0;
                const tells = outermost.enter(this.threadId, this.depth) && !peek;
                return tells ? { file: args[0]!.toInt32(), read: read(args) } : undefined;
            },
            leave(asked, result) {
                outermost.leave(this.threadId);
                const size = result.toInt32();
                if (size <= 0) {
                    return;
                }
                const connection = connectionOn(sight, asked.file);
                if (connection === undefined) {
                    sight.elsewhere.add(asked.file);
                    return;
                }
                if (connection.ignored) {
                    return;
                }
                const most = Math.max(0, FIRST_BYTES - connection.kept.in);
                tellData(sight, connection, "in", size, most, this, asked.read);
            },
        });
    }
}

/** Each function that reads: how what it read is read, and which of its arguments are flags. */
function functions(
    sight: Sight,
): Record<string, { read: (args: InvocationArguments) => Read; flags: number | null }> {
    const flat = (args: InvocationArguments): Read => {
        const buffer = args[1]!;
        return (size) => bytesAt(buffer, size);
    };
    const scattered = (args: InvocationArguments): Read => {
        const [pieces, count] = [args[1]!, args[2]!.toInt32()];
        return (size) => gathered(pieces, count, size, size, sight.pointerSize);
    };
    const message = (args: InvocationArguments): Read => {
        const at = args[1]!;
        return (size) => {
            const header = msghdr(at, sight.pointerSize);
            return gathered(header.pieces, header.count, size, size, sight.pointerSize);
        };
    };
    return {
        recv: { read: flat, flags: 3 },
        recvfrom: { read: flat, flags: 3 },
        read: { read: flat, flags: null },
        readv: { read: scattered, flags: null },
        recvmsg: { read: message, flags: 2 },
    };
}
