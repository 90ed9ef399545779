/** What fails inside a hook: told once each, and never to the process that is watched. */

import { clip, Event, MOST_LINE } from "./contract.js";

const MOST = 32;

export class Troubles {
    private readonly told = new Set<string>();

    constructor(private readonly report: (event: Event) => void) {}

    /** Do *action*; what it throws becomes a `trouble` event. Its value, or undefined. */
    guard<T>(where: string, action: () => T): T | undefined {
        try {
            return action();
        } catch (error) {
            this.tell(where, error);
            return undefined;
        }
    }

    tell(where: string, error: unknown): void {
        const what = clip(String(error), MOST_LINE);
        const key = `${where}: ${what}`;
        if (this.told.has(key) || this.told.size >= MOST) {
            return;
        }
        this.told.add(key);
        this.report({ kind: "trouble", where, what });
    }
}
