/** Bytes that leave: the first of each call on a socket, and how many there were. */

import { Connection } from "./connections.js";
import { internetAddress, ownExport } from "./libc.js";
import { gathered, mmsghdr, msghdr } from "./iovec.js";
import { bytesAt } from "./pointer.js";
import { Outermost } from "./outermost.js";
import { connectionOn, Sight, tellData } from "./sight.js";

type Read = (size: number, most: number) => Uint8Array;

/** A call that writes: to which file, to whom where it says so, and how what it wrote is read. */
interface Written {
    file: number;
    to: NativePointer;
    toLength: number;
    read: Read;
}

/** Several of them in one call: given how many were sent, each with its size. */
type Writes = (result: number) => [written: Written, size: number][];

const MOST_MESSAGES = 1024;

export function watchWrites(sight: Sight, libc: Module): void {
    const outermost = new Outermost();
    for (const [name, written] of Object.entries(functions(sight))) {
        sight.hooking.attach<Writes>(name, ownExport(libc, name), {
            enter(args) {
                return outermost.enter(this.threadId, this.depth) ? written(args) : undefined;
            },
            leave(writes, result) {
                outermost.leave(this.threadId);
                const returned = result.toInt32();
                if (returned <= 0) {
                    return;
                }
                for (const [write, size] of writes(returned)) {
                    tell(sight, write, size, this);
                }
            },
        });
    }
}

function tell(sight: Sight, write: Written, size: number, context: InvocationContext): void {
    const connection = connectionFor(sight, write);
    if (connection !== undefined && !connection.ignored && size > 0) {
        tellData(sight, connection, "out", size, sight.config.firstBytes, sight.callers.of(context), (most) =>
            write.read(size, most),
        );
    }
}

function connectionFor(sight: Sight, write: Written): Connection | undefined {
    const address = write.toLength > 0 ? internetAddress(write.to, write.toLength) : null;
    if (address === null) {
        return connectionOn(sight, write.file);
    }
    // Of a stream the address is ignored by the kernel, or (TCP Fast Open) that of the connection it makes.
    const connected = connectionOn(sight, write.file);
    const stream = connected !== undefined && connected.peer.transport === "tcp";
    return stream ? connected : sight.connections.toward(write.file, sight.kernel.peerAt(write.file, address));
}

function functions(sight: Sight): Record<string, (args: InvocationArguments) => Writes> {
    const plain = (args: InvocationArguments) => one(args, flat(args[1]!));
    return {
        send: plain,
        sendto: (args) => one(args, flat(args[1]!), args[4]!, args[5]!.toInt32()),
        write: plain,
        writev: (args) => one(args, scattered(sight, args[1]!, args[2]!.toInt32())),
        sendmsg: (args) => message(sight, args[0]!.toInt32(), args[1]!),
        sendmmsg: (args) => messages(sight, args),
    };
}

function one(args: InvocationArguments, read: Read, to: NativePointer = NULL, toLength: number = 0): Writes {
    const file = args[0]!.toInt32();
    return (result) => [[{ file, to, toLength: to.isNull() ? 0 : toLength, read }, result]];
}

function message(sight: Sight, file: number, at: NativePointer): Writes {
    return (result) => [[inMessage(sight, file, at), result]];
}

function messages(sight: Sight, args: InvocationArguments): Writes {
    const [file, first] = [args[0]!.toInt32(), args[1]!];
    const { stride, length } = mmsghdr(sight.pointerSize);
    return (sent) => {
        const found: [Written, number][] = [];
        for (let at = 0; at < Math.min(sent, MOST_MESSAGES); at++) {
            const entry = first.add(at * stride);
            found.push([inMessage(sight, file, entry), entry.add(length).readU32()]);
        }
        return found;
    };
}

function inMessage(sight: Sight, file: number, at: NativePointer): Written {
    const header = msghdr(at, sight.pointerSize);
    const to = header.name as NativePointer;
    const read: Read = (size, most) => gathered(header.pieces, header.count, size, most, sight.pointerSize);
    return { file, to, toLength: to.isNull() ? 0 : header.nameLength, read };
}

function flat(buffer: NativePointer): Read {
    return (size, most) => bytesAt(buffer, Math.min(size, most));
}

function scattered(sight: Sight, pieces: NativePointer, count: number): Read {
    return (size, most) => gathered(pieces, count, size, most, sight.pointerSize);
}
