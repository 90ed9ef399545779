/** The C library of the process: its functions by name, and what the agent asks the kernel through it. */

import { Address, AF_INET, AF_INET6, sockaddr } from "./sockaddr.js";
import { Peer, Transport } from "./connections.js";
import { Layout } from "./addrinfo.js";
import { QUICK } from "../common/frida.js";

const NAMES = ["libc.so", "libc.so.6"];
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const TRANSPORTS: Record<number, Transport> = { 1: "tcp", 2: "udp" };
const MOST_ADDRESS = 128;

/** The module that holds the sockets' functions. */
export function libcModule(): Module {
    for (const name of NAMES) {
        const found = Process.findModuleByName(name);
        if (found !== null) {
            return found;
        }
    }
    return Process.getModuleByAddress(Module.getGlobalExportByName("connect"));
}

/** *name* as *module* itself exports it: looking a symbol up also answers for what a module depends on. */
export function ownExport(module: Module, name: string): NativePointer | null {
    const found = module.findExportByName(name);
    const inside =
        found !== null && found.compare(module.base) >= 0 && found.compare(module.base.add(module.size)) < 0;
    return inside ? found : null;
}

/** How *libc* lays addrinfo out: only bionic has system properties. */
export function addrinfoLayout(libc: Module): Layout {
    return ownExport(libc, "__system_property_get") === null ? "glibc" : "bionic";
}

/** Questions to the kernel about an open file. */
export class Kernel {
    private readonly getpeername = call("getpeername", ["int", "pointer", "pointer"]);
    private readonly getsockopt = call("getsockopt", ["int", "int", "int", "pointer", "pointer"]);
    private readonly getpid = call("getpid", []);

    /** Whom *file* is connected to; null where it is no socket, not connected, or none of the internet's. */
    peer(file: number): Peer | null {
        const { address, length } = buffers();
        length.writeU32(MOST_ADDRESS);
        if (this.getpeername(file, address, length) !== 0) {
            return null;
        }
        const found = sockaddr(address, length.readU32());
        return found === null ? null : this.peerAt(file, found);
    }

    /** *address* as the peer of *file*. */
    peerAt(file: number, address: Address): Peer {
        return { ...address, transport: this.transport(file) };
    }

    /** Whether this is the process the agent was loaded into, and not a child that has yet to start its own program. */
    isOurs(): boolean {
        return this.getpid() === Process.id;
    }

    /** Whether *file* is a socket still: its closing may have been done without the C library's close(). */
    isSocket(file: number): boolean {
        return this.type(file) !== null;
    }

    private transport(file: number): Transport {
        return TRANSPORTS[this.type(file) ?? 0] ?? "other";
    }

    private type(file: number): number | null {
        const { address, length } = buffers();
        length.writeU32(4);
        return this.getsockopt(file, SOL_SOCKET, SO_TYPE, address, length) === 0 ? address.readS32() : null;
    }
}

/** Only internet addresses: others are null without being read. */
export function internetAddress(at: NativePointer, length: number): Address | null {
    return at.isNull() || length < 2 || ![AF_INET, AF_INET6].includes(at.readU16()) ? null : sockaddr(at, length);
}

interface Buffers {
    address: NativePointer;
    length: NativePointer;
}

let shared: Buffers | null = null;

/** One thread at a time runs the agent's code, so one buffer serves all. */
function buffers(): Buffers {
    if (shared === null) {
        const address = Memory.alloc(MOST_ADDRESS + 8);
        shared = { address, length: address.add(MOST_ADDRESS) };
    }
    return shared;
}

function call(name: string, types: NativeFunctionArgumentType[]): (...values: any[]) => number {
    const address = Module.getGlobalExportByName(name);
    return new NativeFunction(address, "int", types, QUICK) as (...values: any[]) => number;
}
