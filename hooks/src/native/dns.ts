/** Names that are asked for: getaddrinfo, and on Android what it and Java both end in. */

import { addrinfoLayout, ownExport } from "./libc.js";
import { answers } from "./addrinfo.js";
import { cstring } from "./cstring.js";
import { Sight } from "./sight.js";

/** The function, and which of its arguments receives the answers. */
const WAYS: [name: string, result: number][] = [
    ["android_getaddrinfofornetcontext", 4],
    ["getaddrinfo", 3],
];
const MOST_NAME = 1024;

interface Asked {
    host: string | null;
    answers: NativePointer;
    outermost: boolean;
}

export function watchNames(sight: Sight, libc: Module): void {
    const layout = addrinfoLayout(libc);
    const way = WAYS.find(([name]) => ownExport(libc, name) !== null) ?? WAYS[1]!;
    const [via, result] = way;
    sight.hooking.attach<Asked>(via, ownExport(libc, via), {
        enter(args) {
            const outermost = sight.resolving.enter(this.threadId, this.depth);
            const name = args[0]!;
            const host = name.isNull() ? null : cstring(name, name.and(63).toUInt32(), MOST_NAME);
            return { host, answers: args[result]!, outermost };
        },
        leave(asked, returned) {
            if (asked.outermost) {
                sight.resolving.leave(this.threadId);
            }
            if (asked.host === null || !asked.outermost) {
                return;
            }
            const rc = returned.toInt32();
            const found = rc === 0 ? answers(asked.answers.readPointer(), layout, sight.pointerSize) : [];
            sight.queue.push(sight.callers.name({ kind: "dns", host: asked.host, answers: found, rc, via }, this));
        },
    });
}
