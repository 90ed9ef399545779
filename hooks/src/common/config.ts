/** What a host may ask of an agent: `start(config)`. */

export type Stacks = "none" | "accurate" | "fuzzy";

export interface Config {
    /** of each call, how many of the bytes it wrote are reported */
    firstBytes: number;
    /** of each connection and direction, how many bytes are reported in all; the rest is counted */
    perConnection: number;
    /** whether what comes back is counted too, with its first KiB; it makes every read() slower */
    received: boolean;
    /** whether, and how, the calls that led to one are told */
    stacks: Stacks;
    /** remote ports that are not looked at */
    ignorePorts: number[];
    /** how many events may wait to be sent; those beyond are dropped and counted */
    queue: number;
}

export const DEFAULTS: Config = {
    firstBytes: 4096,
    perConnection: 256 * 1024,
    received: false,
    stacks: "none",
    ignorePorts: [],
    queue: 4096,
};

const MOST: Record<"firstBytes" | "perConnection" | "queue", number> = {
    firstBytes: 64 * 1024,
    perConnection: 16 * 1024 * 1024,
    queue: 65536,
};

/** Defaults with what *asked* says instead; throws an Error naming what is wrong with it. */
export function configured(asked: unknown): Config {
    const config: Config = { ...DEFAULTS };
    if (asked === undefined || asked === null) {
        return config;
    }
    if (typeof asked !== "object") {
        throw new Error("the configuration is no object");
    }
    for (const [name, value] of Object.entries(asked)) {
        set(config, name, value);
    }
    return config;
}

function set(config: Config, name: string, value: unknown): void {
    switch (name) {
        case "firstBytes":
        case "perConnection":
        case "queue":
            config[name] = within(name, value, name === "queue" ? 1 : 0, MOST[name]);
            return;
        case "received":
            if (typeof value !== "boolean") {
                throw new Error("received: neither true nor false");
            }
            config.received = value;
            return;
        case "stacks":
            if (value !== "none" && value !== "accurate" && value !== "fuzzy") {
                throw new Error("stacks: none of none, accurate, fuzzy");
            }
            config.stacks = value;
            return;
        case "ignorePorts":
            if (!Array.isArray(value)) {
                throw new Error("ignorePorts: no list");
            }
            config.ignorePorts = value.map((port) => within(name, port, 0, 65535));
            return;
        default:
            throw new Error(`${name}: no such setting`);
    }
}

function within(name: string, value: unknown, least: number, most: number): number {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
        throw new Error(`${name}: no whole number from ${least} to ${most}`);
    }
    return value;
}
