/** connect(): where to, and how it went. */

import { Address } from "./sockaddr.js";
import { Connection, Peer } from "./connections.js";
import { internetAddress, ownExport } from "./libc.js";
import { Sight } from "./sight.js";

const EINPROGRESS = 115;
/** What a second connect() of a socket answers whose first is under way, or was made meanwhile. */
const STILL = new Set([114, 106]);

interface Asked {
    file: number;
    address: Address;
}

export function watchConnect(sight: Sight, libc: Module): void {
    sight.hooking.attach<Asked>("connect", ownExport(libc, "connect"), {
        enter(args) {
            const file = args[0]!.toInt32();
            const address = internetAddress(args[1]!, args[2]!.toInt32());
            sight.elsewhere.forget(file);
            if (address !== null) {
                return { file, address };
            }
            sight.connections.closed(file); // a socket of another family, or one that is being disconnected
            return undefined;
        },
        leave(asked, result) {
            const rc = result.toInt32();
            const errno = rc === -1 ? (this as UnixInvocationContext).errno : 0;
            const peer = sight.kernel.peerAt(asked.file, asked.address);
            const connection = connectionOf(sight, asked.file, peer, errno);
            // Resolvers connect sockets, without sending, to learn which of the addresses could be reached.
            const trial = peer.transport === "udp" && sight.resolving.inside(this.threadId);
            if (connection === undefined || connection.ignored || trial) {
                return;
            }
            const event = { kind: "connect", conn: connection.id, ...peer, rc, errno };
            sight.queue.push(sight.callers.name(event, this));
        },
    });
}

/** The connection that a connect() was about; undefined where it tells nothing new. */
function connectionOf(sight: Sight, file: number, peer: Peer, errno: number): Connection | undefined {
    const before = sight.connections.find(file);
    if (before !== undefined && before.pending && samePeer(before.peer, peer)) {
        if (STILL.has(errno)) {
            return undefined;
        }
        before.pending = false;
        return before;
    }
    const connection = sight.connections.opened(file, peer);
    connection.pending = errno === EINPROGRESS;
    return connection;
}

function samePeer(one: Peer, other: Peer): boolean {
    return one.ip === other.ip && one.port === other.port && one.transport === other.transport;
}
