/** Bytes that leave: the first of each call on a socket, and how many there were. */

import { Connection } from "./connections.js";
import { internetAddress, ownExport } from "./libc.js";
import { gathered, mmsghdr, msghdr } from "./iovec.js";
import { bytesAt } from "./pointer.js";
import { Outermost } from "./outermost.js";
import { connectionOn, Sight, tellData } from "./sight.js";

/** What a call writes: from where, and to whom where it says so itself. */
interface Write {
    file: number;
    from: NativePointer;
    /** of *from*: how many buffers, where it is a list of them */
    count: number;
    to: NativePointer;
    toLength: number;
}

/** The first *most* of the *size* bytes that *write* wrote. */
type Read = (write: Write, size: number, most: number) => Uint8Array;
type Enter = (args: InvocationArguments) => Write;

const MOST_MESSAGES = 1024;

export function watchWrites(sight: Sight, libc: Module): void {
    const outermost = new Outermost();
    const scattered: Read = (write, size, most) =>
        gathered(write.from, write.count, size, most, sight.pointerSize);
    const watch = (name: string, enter: Enter, read: Read, leave = tell) =>
        attach(sight, libc, name, outermost, enter, (write, result, context) =>
            leave(sight, write, result, read, context),
        );
    watch("send", plain, flat);
    watch("write", plain, flat);
    watch("sendto", addressed, flat);
    watch("writev", list, scattered);
    watch("sendmsg", (args) => message(sight, args[0]!.toInt32(), args[1]!), scattered);
    watch("sendmmsg", plain, scattered, tellMessages);
}

function attach(
    sight: Sight,
    libc: Module,
    name: string,
    outermost: Outermost,
    enter: Enter,
    leave: (write: Write, result: number, context: InvocationContext) => void,
): void {
    const { elsewhere } = sight;
    sight.hooking.attach<Write>(name, ownExport(libc, name), {
        enter(args) {
            // most of what is written goes to files: this is all that is done for those
            if (elsewhere.has(args[0]!.toInt32()) || !outermost.enter(this.threadId, this.depth)) {
                return undefined;
            }
            return enter(args);
        },
        leave(write, returned) {
            outermost.leave(this.threadId);
            const result = returned.toInt32();
            if (result > 0) {
                leave(write, result, this);
            }
        },
    });
}

function tell(sight: Sight, write: Write, size: number, read: Read, context: InvocationContext): void {
    const connection = connectionFor(sight, write);
    if (connection === undefined) {
        sight.elsewhere.add(write.file);
    } else if (!connection.ignored) {
        tellData(sight, connection, "out", size, sight.config.firstBytes, context, (most) =>
            read(write, size, most),
        );
    }
}

/** sendmmsg() returns how many messages were sent; each says how much of it. */
function tellMessages(sight: Sight, all: Write, sent: number, read: Read, context: InvocationContext): void {
    const { stride, length } = mmsghdr(sight.pointerSize);
    for (let at = 0; at < Math.min(sent, MOST_MESSAGES); at++) {
        const entry = all.from.add(at * stride);
        tell(sight, message(sight, all.file, entry), entry.add(length).readU32(), read, context);
    }
}

function connectionFor(sight: Sight, write: Write): Connection | undefined {
    const connected = connectionOn(sight, write.file);
    const address = write.toLength > 0 ? internetAddress(write.to, write.toLength) : null;
    // Of a stream the address is ignored by the kernel, or (TCP Fast Open) that of the connection it makes.
    if (address === null || connected?.peer.transport === "tcp") {
        return connected;
    }
    return sight.connections.toward(write.file, sight.kernel.peerAt(write.file, address));
}

/** (int file, const void *buffer, size_t length, …) */
function plain(args: InvocationArguments): Write {
    return { file: args[0]!.toInt32(), from: args[1]!, count: 1, to: NULL, toLength: 0 };
}

/** (int file, const void *buffer, size_t length, int flags, const struct sockaddr *to, socklen_t length) */
function addressed(args: InvocationArguments): Write {
    return { ...plain(args), to: args[4]!, toLength: args[4]!.isNull() ? 0 : args[5]!.toInt32() };
}

/** (int file, const struct iovec *list, int count) */
function list(args: InvocationArguments): Write {
    return { ...plain(args), count: args[2]!.toInt32() };
}

/** A struct msghdr. */
function message(sight: Sight, file: number, at: NativePointer): Write {
    const header = msghdr(at, sight.pointerSize);
    const to = header.name as NativePointer;
    const from = header.pieces as NativePointer;
    return { file, from, count: header.count, to, toLength: to.isNull() ? 0 : header.nameLength };
}

function flat(write: Write, size: number, most: number): Uint8Array {
    return bytesAt(write.from, Math.min(size, most));
}
