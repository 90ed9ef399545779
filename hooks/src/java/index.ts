/** The Java agent: requests as libraries are asked for them, messages, and identifiers that are read. */

import "./daemon.js"; // before the bridge, which attaches this thread as soon as it is loaded

import Java from "frida-java-bridge";

import { Config } from "../common/config.js";
import { hello, world } from "../common/frida.js";
import { Counts, Queue } from "../common/queue.js";
import { Agent, expose } from "../common/rpc.js";
import { Troubles } from "../common/troubles.js";
import { apache } from "./apache.js";
import { identifiers } from "./identifiers.js";
import { Installer } from "./installer.js";
import { okhttp } from "./okhttp.js";
import { sms } from "./sms.js";
import { sockets } from "./sockets.js";
import { urls } from "./urls.js";

/** When classes that were not there are looked for again, after the start. */
const AGAIN_MS = [1000, 3000, 10000, 30000];
/** Bodies up to this are read; of larger ones only the size is told. */
const MOST_BODY = 64 * 1024;

class JavaAgent implements Agent {
    private readonly queue: Queue;
    private readonly installer: Installer;
    private readonly troubles: Troubles;
    private readonly timers: ReturnType<typeof setTimeout>[] = [];

    constructor(config: Config) {
        const here = world();
        this.queue = new Queue("java", here, config.queue);
        this.troubles = new Troubles((event) => this.queue.push(event));
        const watches = [
            apache(MOST_BODY),
            urls(MOST_BODY),
            okhttp(MOST_BODY),
            sockets(),
            sms(MOST_BODY),
            identifiers(),
        ].flat();
        this.installer = new Installer(watches, this.queue, this.troubles);
        const why = this.unavailable();
        if (why === null) {
            // Android's own classes are there before an app is; the app's own come with its class loader.
            this.troubles.guard("installing", () => Java.performNow(() => this.installer.attempt(false)));
        } else {
            this.installer.giveUp(why);
        }
        this.queue.begin([hello(here.start, { java: why === null ? machine() : null }), this.installer.event()]);
        if (why === null) {
            this.troubles.guard("installing", () => Java.perform(() => this.attempt(false)));
        }
        if (isAndroid()) {
            // elsewhere the first attempt loads what there is; later, the machine's end and an attempt could meet
            this.timers.push(...AGAIN_MS.map((wait) => setTimeout(() => this.again(), wait)));
        }
    }

    stop(): void {
        this.timers.forEach((timer) => clearTimeout(timer));
        if (this.unavailable() === null) {
            Java.performNow(() => this.installer.remove());
        }
        this.flush();
    }

    flush(): void {
        this.queue.flush();
    }

    counts(): Counts {
        return this.queue.counts();
    }

    private again(): void {
        if (!this.installer.isComplete() && this.unavailable() === null) {
            this.troubles.guard("installing", () => Java.performNow(() => this.attempt(true)));
        }
    }

    private attempt(elsewhere: boolean): void {
        this.troubles.guard("installing", () => {
            if (this.installer.attempt(elsewhere)) {
                this.queue.push(this.installer.event());
            }
        });
    }

    /** Why nothing of Java can be hooked here, null where it can. */
    private unavailable(): string | null {
        try {
            return Java.available ? null : "no Java virtual machine in this process";
        } catch (error) {
            return `its Java virtual machine cannot be hooked: ${error}`;
        }
    }
}

function machine(): string {
    return isAndroid() ? `Android ${Java.androidVersion}` : "JVM";
}

/** Whether this is Android's virtual machine, and not one of a desktop. */
function isAndroid(): boolean {
    return Process.findModuleByName("libart.so") !== null || Process.findModuleByName("libdvm.so") !== null;
}

expose("java", (config) => new JavaAgent(config));
