/** The connections of a process by the number of their file, which the kernel uses again and again. */

import { Address } from "./sockaddr.js";

export type Transport = "tcp" | "udp" | "other";
export type Direction = "out" | "in";

export interface Peer extends Address {
    transport: Transport;
}

const MOST = 8192;
const MOST_PEERS = 64;

export class Connection {
    /** bytes reported, by direction */
    readonly kept: Record<Direction, number> = { out: 0, in: 0 };
    /** bytes seen and not yet told, by direction */
    readonly untold: Record<Direction, number> = { out: 0, in: 0 };
    /** a connect() that was answered "in progress" */
    pending = false;

    constructor(
        readonly id: string,
        readonly peer: Peer,
        readonly ignored: boolean,
    ) {}

    /** Of *size* bytes, how many are reported within *most* of the connection; the others are only counted. */
    take(direction: Direction, size: number, most: number): number {
        const taken = Math.max(0, Math.min(size, most - this.kept[direction]));
        this.kept[direction] += taken;
        return taken;
    }
}

export class Connections {
    private readonly byFile = new Map<number, Connection>();
    private readonly toPeers = new Map<number, Map<string, Connection>>();
    private serial = 0;

    constructor(private readonly ignorePorts: ReadonlySet<number>) {}

    /** A new connection on *file*, whatever was there before. */
    opened(file: number, peer: Peer): Connection {
        const connection = this.made(file, peer);
        this.byFile.delete(file);
        this.byFile.set(file, connection);
        for (const oldest of this.byFile.keys()) {
            if (this.byFile.size <= MOST) {
                break;
            }
            this.byFile.delete(oldest);
        }
        return connection;
    }

    find(file: number): Connection | undefined {
        return this.byFile.get(file);
    }

    /** Where *file*, not connected itself, sends to *peer*: one name for each peer. */
    toward(file: number, peer: Peer): Connection {
        let peers = this.toPeers.get(file);
        if (peers === undefined || peers.size >= MOST_PEERS) {
            peers = new Map();
            this.toPeers.set(file, peers);
        }
        const key = `${peer.ip} ${peer.port}`;
        let connection = peers.get(key);
        if (connection === undefined) {
            connection = this.made(file, peer);
            peers.set(key, connection);
        }
        return connection;
    }

    has(file: number): boolean {
        return this.byFile.has(file) || this.toPeers.has(file);
    }

    /** Forget *file*; those that were on it. */
    closed(file: number): Connection[] {
        const gone = [...(this.toPeers.get(file)?.values() ?? [])];
        const connected = this.byFile.get(file);
        if (connected !== undefined) {
            gone.push(connected);
        }
        this.byFile.delete(file);
        this.toPeers.delete(file);
        return gone;
    }

    *all(): Iterable<Connection> {
        yield* this.byFile.values();
        for (const peers of this.toPeers.values()) {
            yield* peers.values();
        }
    }

    private made(file: number, peer: Peer): Connection {
        this.serial += 1;
        return new Connection(`${file}.${this.serial}`, peer, this.ignorePorts.has(peer.port));
    }
}
