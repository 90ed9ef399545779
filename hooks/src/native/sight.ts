/** What every hook of the native agent shares: where events go, which connections there are, who called. */

import { Config } from "../common/config.js";
import { Event } from "../common/contract.js";
import { Queue } from "../common/queue.js";
import { Callers } from "./callers.js";
import { Connection, Connections, Direction } from "./connections.js";
import { Elsewhere } from "./elsewhere.js";
import { Hooking } from "./hooking.js";
import { Kernel } from "./libc.js";
import { Outermost } from "./outermost.js";
import { PointerSize } from "./pointer.js";

export interface Sight {
    config: Config;
    queue: Queue;
    hooking: Hooking;
    kernel: Kernel;
    connections: Connections;
    elsewhere: Elsewhere;
    callers: Callers;
    /** calls of getaddrinfo that are under way */
    resolving: Outermost;
    pointerSize: PointerSize;
}

/** The connection on *file*; one that was made before the agent came is asked of the kernel. */
export function connectionOn(sight: Sight, file: number): Connection | undefined {
    const known = sight.connections.find(file);
    if (known !== undefined && sight.kernel.isSocket(file)) {
        return known;
    }
    if (known !== undefined) {
        tellClosed(sight, file);
    }
    const peer = sight.kernel.peer(file);
    return peer === null ? undefined : sight.connections.opened(file, peer);
}

/** Report *size* bytes on *connection*, with the first that *read* gives; only count them once it had its share. */
export function tellData(
    sight: Sight,
    connection: Connection,
    dir: Direction,
    size: number,
    most: number,
    context: InvocationContext,
    read: (most: number) => Uint8Array,
): void {
    const taken = connection.take(dir, Math.min(size, most), sight.config.perConnection);
    if (taken === 0) {
        connection.untold[dir] += size;
        return;
    }
    sight.queue.push(sight.callers.name(dataEvent(connection, dir, size), context), read(taken));
}

/** Report bytes that were only counted. */
export function tellUntold(sight: Sight, connection: Connection): void {
    for (const dir of ["out", "in"] as const) {
        const size = connection.untold[dir];
        if (size > 0) {
            connection.untold[dir] = 0;
            sight.queue.push(dataEvent(connection, dir, size));
        }
    }
}

/** *file* is closed: what was on it is told to its end. */
export function tellClosed(sight: Sight, file: number): void {
    for (const connection of sight.connections.closed(file)) {
        if (!connection.ignored) {
            tellUntold(sight, connection);
            sight.queue.push({ kind: "close", conn: connection.id });
        }
    }
}

function dataEvent(connection: Connection, dir: Direction, size: number): Event {
    const { ip, port, transport } = connection.peer;
    return { kind: "data", conn: connection.id, dir, size, ip, port, transport };
}
