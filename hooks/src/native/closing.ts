/** Files that are closed, or replaced by another: their number will mean something else. */

import { ownExport } from "./libc.js";
import { Sight, tellClosed } from "./sight.js";

/** The function, and which of its arguments is the file that ceases to be. */
const WAYS: [name: string, file: number, needed: boolean][] = [
    ["close", 0, true],
    ["android_fdsan_close_with_tag", 0, false],
    ["dup2", 1, true],
    ["dup3", 1, true],
];

export function watchClose(sight: Sight, libc: Module): void {
    for (const [name, argument, needed] of WAYS) {
        const address = ownExport(libc, name);
        if (address === null && !needed) {
            continue;
        }
        sight.hooking.attach<never>(name, address, {
            // before the call: after it, another thread may already have been given the number
            enter(args) {
                const file = args[argument]!.toInt32();
                sight.elsewhere.forget(file);
                if (sight.connections.has(file) && sight.kernel.isOurs()) {
                    tellClosed(sight, file);
                }
                return undefined;
            },
        });
    }
}
