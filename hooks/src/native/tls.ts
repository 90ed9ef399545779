/** Plaintext handed to TLS libraries, wherever one exports SSL_write, also those loaded later. */

import { clip } from "../common/contract.js";
import { ownExport } from "./libc.js";
import { bytesAt } from "./pointer.js";
import { Outermost } from "./outermost.js";
import { connectionOn, Sight } from "./sight.js";

const HOST_NAME = 0; // TLSEXT_NAMETYPE_host_name
const MOST_SESSIONS = 1024;
export const NOT_LOADED = "no loaded library exports it";

interface Handed {
    session: NativePointer;
    buffer: NativePointer;
    /** the number of bytes taken, given what the call returned */
    taken: (result: number) => number;
}

interface Library {
    name: string;
    servername: (session: NativePointer) => string;
    file: (session: NativePointer) => number;
}

export class TlsLibraries {
    private readonly outermost = new Outermost();
    /** plaintext bytes reported, by session */
    private readonly kept = new Map<string, number>();

    constructor(private readonly sight: Sight) {
        sight.hooking.lacks("SSL_write", NOT_LOADED);
    }

    /** Watch *module*, if it is one. */
    watch(module: Module): boolean {
        const write = ownExport(module, "SSL_write");
        if (write === null) {
            return false;
        }
        const library = described(module);
        const { hooking } = this.sight;
        hooking.found("SSL_write");
        this.attach(library, "SSL_write", write, (args) => ({
            session: args[0]!,
            buffer: args[1]!,
            taken: (result) => result,
        }));
        const extended = ownExport(module, "SSL_write_ex");
        if (extended !== null) {
            this.attach(library, "SSL_write_ex", extended, (args) => {
                const count = args[3]!;
                const wide = this.sight.pointerSize === 8;
                const number = () => (wide ? count.readU64().toNumber() : count.readU32());
                return { session: args[0]!, buffer: args[1]!, taken: (result) => (result === 1 ? number() : 0) };
            });
        }
        const free = ownExport(module, "SSL_free");
        if (free !== null) {
            hooking.attach<never>(`${module.name}!SSL_free`, free, {
                enter: (args) => {
                    this.kept.delete(args[0]!.toString());
                    return undefined;
                },
            });
        }
        return true;
    }

    private attach(
        library: Library,
        name: string,
        address: NativePointer,
        handed: (args: InvocationArguments) => Handed,
    ): void {
        const tls = this;
        this.sight.hooking.attach<Handed>(`${library.name}!${name}`, address, {
            enter(args) {
                return tls.outermost.enter(this.threadId, this.depth) ? handed(args) : undefined;
            },
            leave(what, result) {
                tls.outermost.leave(this.threadId);
                const size = what.taken(result.toInt32());
                if (size > 0) {
                    tls.tell(library, what, size, this);
                }
            },
        });
    }

    private tell(library: Library, what: Handed, size: number, context: InvocationContext): void {
        const { callers, config, queue } = this.sight;
        const key = what.session.toString();
        const kept = this.kept.get(key) ?? 0;
        const taken = Math.min(size, config.firstBytes, Math.max(0, config.perConnection - kept));
        this.keep(key, kept + taken);
        const file = library.file(what.session);
        const connection = file < 0 ? undefined : connectionOn(this.sight, file);
        if (connection?.ignored) {
            return;
        }
        const event = {
            kind: "plain",
            conn: connection?.id ?? "",
            sni: clip(library.servername(what.session)),
            lib: library.name,
            size,
        };
        queue.push(callers.name(event, context), taken > 0 ? bytesAt(what.buffer, taken) : null);
    }

    private keep(session: string, bytes: number): void {
        if (this.kept.size >= MOST_SESSIONS && !this.kept.has(session)) {
            this.kept.clear();
        }
        this.kept.set(session, bytes);
    }
}

function described(module: Module): Library {
    const servername = ownExport(module, "SSL_get_servername");
    const file = ownExport(module, "SSL_get_fd");
    const ask = servername && new NativeFunction(servername, "pointer", ["pointer", "int"], { scheduling: "exclusive" });
    const askFile = file && new NativeFunction(file, "int", ["pointer"], { scheduling: "exclusive" });
    return {
        name: module.name,
        servername: (session) => (ask === null ? "" : (ask(session, HOST_NAME).readCString() ?? "")),
        file: (session) => (askFile === null ? -1 : askFile(session)),
    };
}
