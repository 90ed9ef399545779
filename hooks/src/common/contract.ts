/** What hooks/message.schema.json says, as types. */

export const CONTRACT = 1;
export const AGENT_VERSION = "1.0.0";

export type AgentName = "native" | "java";
export type Missing = [name: string, why: string];
export type Slice = [offset: number, length: number];

/** An event as a hook makes it; the queue adds `ts`, and `bytes` where there are some. */
export interface Event {
    kind: string;
    [field: string]: unknown;
}

export interface Message {
    type: "adb-audit";
    v: typeof CONTRACT;
    agent: AgentName;
    seq: number;
    dropped: number;
    events: Event[];
}

export const MOST_TEXT = 8192;
export const MOST_LINE = 512;

/** *text* as far as the schema lets a field be long. */
export function clip(text: string, most: number = MOST_TEXT): string {
    return text.length > most ? text.slice(0, most) : text;
}
