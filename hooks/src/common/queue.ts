/** Events on their way to the host: at once while they are few, in bundles when many, counted when too many. */

import { AgentName, CONTRACT, Event, Message } from "./contract.js";

/** What a queue needs of the world it runs in. */
export interface World {
    /** milliseconds since the agent was loaded */
    now(): number;
    send(message: Message, blob: ArrayBuffer | null): void;
    later(ms: number, action: () => void): void;
}

export interface Counts {
    events: number;
    dropped: number;
    messages: number;
}

const WINDOW_MS = 100;
/** Messages sent at once in one window; what comes after in it waits for its end, and goes in bundles. */
const AT_ONCE = 16;
const MOST_EVENTS = 64;
const MOST_BLOB = 256 * 1024;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Of the room, the part that a flood of bytes may take; the rest is for names, connections and what is rare. */
const FOR_BYTES = 3 / 4;

interface Waiting {
    event: Event;
    bytes: Uint8Array | null;
}

export class Queue {
    private waiting: Waiting[] = [];
    private waitingBytes = 0;
    private open = false;
    private windowEnds = -1;
    private sentInWindow = 0;
    private timer = false;
    private seq = 0;
    private dropped = 0;
    private events = 0;

    constructor(
        private readonly agent: AgentName,
        private readonly world: World,
        private readonly room: number,
    ) {}

    /** Send *first* before all that was pushed until now, and from now on what is pushed. */
    begin(first: Event[]): void {
        const now = this.world.now();
        const stamped = first.map((event) => ({ event: stamp(event, now), bytes: null }));
        this.waiting = [...stamped, ...this.waiting];
        this.events += first.length;
        this.open = true;
        this.flush();
    }

    /** Report *event*, with *bytes* as what `bytes` points to. */
    push(event: Event, bytes: Uint8Array | null = null): void {
        if (!this.fits(event, bytes)) {
            this.dropped += 1;
            return;
        }
        const now = this.world.now();
        this.events += 1;
        this.waiting.push({ event: stamp(event, now), bytes });
        this.waitingBytes += bytes === null ? 0 : bytes.byteLength;
        if (this.open) {
            this.sendOrWait(now);
        }
    }

    /** Send whatever waits. */
    flush(): void {
        while (this.waiting.length > 0) {
            this.sendOne();
        }
    }

    counts(): Counts {
        return { events: this.events, dropped: this.dropped, messages: this.seq };
    }

    private fits(event: Event, bytes: Uint8Array | null): boolean {
        const heavy = event.kind === "data" || event.kind === "plain" || event.kind === "close";
        const room = heavy ? Math.ceil(this.room * FOR_BYTES) : this.room;
        const size = bytes === null ? 0 : bytes.byteLength;
        return this.waiting.length < room && this.waitingBytes + size <= MOST_WAITING_BYTES;
    }

    private sendOrWait(now: number): void {
        if (now >= this.windowEnds) {
            this.windowEnds = now + WINDOW_MS;
            this.sentInWindow = 0;
        }
        if (this.sentInWindow < AT_ONCE && !this.timer) {
            this.sentInWindow += 1;
            this.flush();
        } else if (!this.timer) {
            this.timer = true;
            this.world.later(WINDOW_MS, () => {
                this.timer = false;
                this.flush();
            });
        }
    }

    private sendOne(): void {
        const { count, size } = this.nextBundle();
        const taken = this.waiting.splice(0, count);
        const blob = size > 0 ? new Uint8Array(size) : null;
        let offset = 0;
        for (const { event, bytes } of taken) {
            if (bytes !== null && blob !== null) {
                blob.set(bytes, offset);
                event["bytes"] = [offset, bytes.byteLength];
                offset += bytes.byteLength;
            }
        }
        this.waitingBytes -= size;
        const message: Message = {
            type: "adb-audit",
            v: CONTRACT,
            agent: this.agent,
            seq: this.seq,
            dropped: this.dropped,
            events: taken.map(({ event }) => event),
        };
        this.seq += 1;
        this.world.send(message, blob === null ? null : (blob.buffer as ArrayBuffer));
    }

    private nextBundle(): { count: number; size: number } {
        let count = 0;
        let size = 0;
        for (const { bytes } of this.waiting) {
            const more = bytes === null ? 0 : bytes.byteLength;
            if (count >= MOST_EVENTS || (count > 0 && size + more > MOST_BLOB)) {
                break;
            }
            count += 1;
            size += more;
        }
        return { count, size };
    }
}

/** The event itself, with its time: it is its hook's no longer. */
function stamp(event: Event, now: number): Event {
    event["ts"] = Math.round(now * 100) / 100;
    return event;
}
