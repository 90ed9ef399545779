/** The native agent: what a process asks of the C library and of TLS libraries. */

import { Config } from "../common/config.js";
import { hello, world } from "../common/frida.js";
import { Counts, Queue } from "../common/queue.js";
import { Agent, expose } from "../common/rpc.js";
import { Troubles } from "../common/troubles.js";
import { Callers } from "./callers.js";
import { watchClose } from "./closing.js";
import { watchConnect } from "./connecting.js";
import { Connections } from "./connections.js";
import { watchNames } from "./dns.js";
import { Elsewhere } from "./elsewhere.js";
import { Hooking } from "./hooking.js";
import { Kernel, libcModule } from "./libc.js";
import { Outermost } from "./outermost.js";
import { pointerSize } from "./pointer.js";
import { watchReads } from "./receiving.js";
import { Sight, tellUntold } from "./sight.js";
import { TlsLibraries } from "./tls.js";
import { watchWrites } from "./writing.js";

/** How often bytes that are only counted are told. */
const TELL_MS = 1000;

class NativeAgent implements Agent {
    private readonly queue: Queue;
    private readonly troubles: Troubles;
    private readonly hooking: Hooking;
    private readonly sight: Sight;
    private readonly observer: ModuleObserver;
    private readonly timer: ReturnType<typeof setInterval>;
    private telling = false;
    private begun = false;

    constructor(config: Config) {
        const here = world();
        this.queue = new Queue("native", here, config.queue);
        this.troubles = new Troubles((event) => this.queue.push(event));
        this.hooking = new Hooking(this.troubles, () => this.hooksChanged());
        const callers = new Callers(config.stacks);
        this.sight = {
            config,
            queue: this.queue,
            hooking: this.hooking,
            kernel: new Kernel(),
            connections: new Connections(new Set(config.ignorePorts)),
            elsewhere: new Elsewhere(),
            callers,
            resolving: new Outermost(),
            pointerSize: pointerSize(Process.pointerSize),
        };
        this.watchLibc();
        this.observer = this.watchModules(callers);
        Interceptor.flush();
        this.queue.begin([hello(here.start), this.hooking.event()]);
        this.begun = true;
        this.timer = setInterval(() => this.tellAll(), TELL_MS);
    }

    stop(): void {
        clearInterval(this.timer);
        this.observer.detach();
        this.hooking.detach();
        this.flush();
    }

    flush(): void {
        this.tellAll();
        this.queue.flush();
    }

    counts(): Counts {
        return this.queue.counts();
    }

    private watchLibc(): void {
        const libc = libcModule();
        watchNames(this.sight, libc);
        watchConnect(this.sight, libc);
        watchWrites(this.sight, libc);
        watchClose(this.sight, libc);
        if (this.sight.config.received) {
            watchReads(this.sight, libc);
        }
    }

    private watchModules(callers: Callers): ModuleObserver {
        const tls = new TlsLibraries(this.sight);
        return Process.attachModuleObserver({
            onAdded: (module) => {
                callers.forget();
                this.troubles.guard(`module ${module.name}`, () => tls.watch(module));
            },
            onRemoved: (module) => {
                callers.forget();
                this.hooking.forget(module.base, module.size);
            },
        });
    }

    private tellAll(): void {
        for (const connection of this.sight.connections.all()) {
            tellUntold(this.sight, connection);
        }
    }

    /** Told once for what changes together. */
    private hooksChanged(): void {
        if (!this.begun || this.telling) {
            return;
        }
        this.telling = true;
        setTimeout(() => {
            this.telling = false;
            this.queue.push(this.hooking.event());
        }, 0);
    }
}

expose("native", (config) => new NativeAgent(config));
