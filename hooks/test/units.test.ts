/** The parts of the agents that need no Frida. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { utf8 } from "../src/common/bytes.js";
import { configured, DEFAULTS } from "../src/common/config.js";
import { Message } from "../src/common/contract.js";
import { ipv6 } from "../src/common/ip.js";
import { Queue, World } from "../src/common/queue.js";
import { Troubles } from "../src/common/troubles.js";
import { callers } from "../src/java/callers.js";
import { answers, Layout, MOST_ANSWERS } from "../src/native/addrinfo.js";
import { Connections } from "../src/native/connections.js";
import { cstring } from "../src/native/cstring.js";
import { gathered, mmsghdr, msghdr } from "../src/native/iovec.js";
import { Elsewhere } from "../src/native/elsewhere.js";
import { Outermost } from "../src/native/outermost.js";
import { pointerSize, PointerSize } from "../src/native/pointer.js";
import { sockaddr } from "../src/native/sockaddr.js";
import { Fake, FakePointer } from "./memory.js";

const SIZES: PointerSize[] = [4, 8];

function ip4(memory: Fake, last: number, port: number = 80): FakePointer {
    return memory.put([2, 0, port >> 8, port & 255, 192, 0, 2, last, 0, 0, 0, 0, 0, 0, 0, 0]);
}

test("socket addresses: both families, mapped ones as IPv4, short and foreign ones as nothing", () => {
    const memory = new Fake(8);
    assert.deepEqual(sockaddr(ip4(memory, 7, 8080), 16), { ip: "192.0.2.7", port: 8080 });
    const ip6 = (bytes: number[], scope: number) =>
        memory.put([10, 0, 1, 187, 0, 0, 0, 0, ...bytes, scope, 0, 0, 0]);
    const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 9];
    assert.deepEqual(sockaddr(ip6(mapped, 0), 28), { ip: "203.0.113.9", port: 443 });
    const local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert.deepEqual(sockaddr(ip6(local, 7), 28), { ip: "fe80::1%7", port: 443 });
    assert.deepEqual(sockaddr(ip6(local, 7), 24), { ip: "fe80::1", port: 443 });
    assert.equal(sockaddr(ip6(local, 0), 16), null);
    assert.equal(sockaddr(ip4(memory, 7), 4), null);
    assert.equal(sockaddr(memory.put([1, 0, 47, 100, 101, 118, 47, 120, 0]), 9), null);
    assert.equal(sockaddr(new FakePointer(memory, 0), 16), null);
});

test("IPv6 in digits, as RFC 5952 has them", () => {
    const table: [string, number[]][] = [
        ["::", [0, 0, 0, 0, 0, 0, 0, 0]],
        ["::1", [0, 0, 0, 0, 0, 0, 0, 1]],
        ["2001:db8::2:1", [0x2001, 0xdb8, 0, 0, 0, 0, 2, 1]],
        ["2001:db8:0:1:1:1:1:1", [0x2001, 0xdb8, 0, 1, 1, 1, 1, 1]],
        ["2001:0:0:1::1", [0x2001, 0, 0, 1, 0, 0, 0, 1]],
        ["2001:db8::1:0:0:1", [0x2001, 0xdb8, 0, 0, 1, 0, 0, 1]],
        ["fe80::", [0xfe80, 0, 0, 0, 0, 0, 0, 0]],
    ];
    for (const [text, words] of table) {
        assert.equal(ipv6(Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]))), text);
    }
});

test("answers of getaddrinfo, in both C libraries and both sizes; a list in a circle ends", () => {
    for (const size of SIZES) {
        for (const layout of ["glibc", "bionic"] as Layout[]) {
            const memory = new Fake(size);
            const entry = (address: FakePointer, name: number, next: number) => {
                const pointers = layout === "glibc" ? [address.address, name, next] : [name, address.address, next];
                const head: [number, number][] = [0, 2, 1, 6, 16].map((value) => [value, 4]);
                const padding: [number, number][] = size === 8 ? [[0xdeadbeef, 4]] : [];
                return memory.struct(...head, ...padding, ...pointers.map((at): [number, number] => [at, size]));
            };
            const name = memory.put([104, 0]).address;
            const last = entry(ip4(memory, 2), 0, 0);
            const again = entry(ip4(memory, 1), 0, last.address);
            const first = entry(ip4(memory, 1), name, again.address);
            assert.deepEqual(answers(first, layout, size), ["192.0.2.1", "192.0.2.2"]);
            assert.deepEqual(answers(new FakePointer(memory, 0), layout, size), []);
        }
    }
    const memory = new Fake(8);
    const self = 0x10000 + 0x2000; // where the second thing put into memory lies
    const circle = () => memory.struct([0, 16], [16, 4], [0, 4], [ip.address, 8], [0, 8], [self, 8]);
    const ip = ip4(memory, 3);
    assert.equal(circle().address, self);
    assert.deepEqual(answers(new FakePointer(memory, self), "glibc", 8), ["192.0.2.3"]);
    assert.ok(memory.reads < 20 * MOST_ANSWERS && MOST_ANSWERS < 1000);
});

test("scattered buffers are gathered up to what was sent, wherever one ends", () => {
    for (const size of SIZES) {
        const memory = new Fake(size);
        const pieces = ["GET ", "", "/ HT", "TP"].map((text) => memory.put(utf8(text)));
        const fields = pieces.flatMap((piece, at): [number, number][] => [
            [piece.address, size],
            [[4, 0, 4, 2][at] ?? 0, size],
        ]);
        const vector = memory.struct(...fields);
        const text = (sent: number, most: number) =>
            String.fromCharCode(...gathered(vector, 4, sent, most, size));
        assert.equal(text(10, 100), "GET / HTTP");
        assert.equal(text(6, 100), "GET / ");
        assert.equal(text(10, 3), "GET");
        assert.equal(text(99, 100), "GET / HTTP");
        const padding: [number, number][] = size === 8 ? [[0xffffffff, 4]] : [];
        const header = memory.struct([0x1234, size], [16, 4], ...padding, [vector.address, size], [4, size]);
        const read = msghdr(header, size);
        assert.equal((read.name as FakePointer).address, 0x1234);
        assert.equal(read.nameLength, 16);
        assert.equal(String.fromCharCode(...gathered(read.pieces, read.count, 10, 10, size)), "GET / HTTP");
    }
    assert.deepEqual(mmsghdr(8), { stride: 64, length: 56 });
    assert.deepEqual(mmsghdr(4), { stride: 32, length: 28 });
    assert.throws(() => pointerSize(2));
});

test("a string is read to its end, to its bound, and never beyond the piece its end is in", () => {
    const memory = new Fake(8);
    const long = "a".repeat(63) + "b".repeat(64) + "c";
    for (const [text, low] of [["", 0], ["zzhc.vnet.cn", 3], [long, 1], ["bücher.example/", 0]] as [string, number][]) {
        // bytes up to the end of a piece only: reading on would be a violation
        const bytes = [...utf8(text), 0];
        while ((bytes.length + low) % 64 !== 0) {
            bytes.push(0xaa);
        }
        assert.equal(cstring(memory.put(bytes), low, 1024), text);
    }
    assert.equal(cstring(memory.put(utf8("x".repeat(128))), 0, 100), "x".repeat(100));
    assert.equal(cstring(memory.put([0xff, 0x41, 0, ...new Array(61).fill(1)]), 0, 10), "\u00ffA");
});

test("a file that is used again is a new connection; what it was stays bounded", () => {
    const connections = new Connections(new Set([5555]));
    const peer = { ip: "192.0.2.1", port: 443, transport: "tcp" as const };
    const first = connections.opened(7, peer);
    assert.equal(connections.find(7), first);
    assert.deepEqual(connections.closed(7), [first]);
    assert.equal(connections.has(7), false);
    const second = connections.opened(7, peer);
    assert.notEqual(second.id, first.id);
    assert.equal(connections.opened(8, { ...peer, port: 5555 }).ignored, true);
    const to = (port: number) => connections.toward(9, { ...peer, port, transport: "udp" });
    assert.equal(to(53), to(53));
    assert.notEqual(to(53), to(54));
    for (let port = 1; port < 1000; port++) {
        to(port);
    }
    assert.ok(connections.closed(9).length <= 64);
    for (let file = 0; file < 20000; file++) {
        connections.opened(file, peer);
    }
    assert.ok([...connections.all()].length <= 8192);
    assert.equal(connections.find(0), undefined);
    assert.notEqual(connections.find(19999), undefined);
    assert.deepEqual([second.take("out", 60, 100), second.take("out", 60, 100), second.take("out", 60, 100)], [60, 40, 0]);
    assert.deepEqual([second.take("in", 60, 100), second.take("in", 60, 100)], [60, 40]);
});

test("what is no connection is believed for a while, and not once its number was closed", () => {
    const elsewhere = new Elsewhere();
    assert.equal(elsewhere.has(3), false);
    elsewhere.add(3);
    let times = 0;
    while (elsewhere.has(3)) {
        times += 1;
        assert.ok(times <= 64);
    }
    assert.equal(times, 64);
    elsewhere.add(3);
    elsewhere.forget(3);
    assert.equal(elsewhere.has(3), false);
});

test("only the outermost of calls counts; a call that never came back does not hide the next", () => {
    const calls = new Outermost();
    assert.equal(calls.enter(1, 0), true);
    assert.equal(calls.enter(1, 1), false);
    assert.equal(calls.enter(2, 1), true);
    calls.leave(1);
    assert.equal(calls.inside(1), false);
    assert.equal(calls.inside(2), true);
    assert.equal(calls.enter(2, 1), true);
});

class Testing implements World {
    time = 0;
    messages: { message: Message; blob: ArrayBuffer | null }[] = [];
    timers: (() => void)[] = [];
    now = () => this.time;
    send = (message: Message, blob: ArrayBuffer | null) => this.messages.push({ message, blob });
    later = (_: number, action: () => void) => this.timers.push(action);
    tick(): void {
        this.time += 100;
        this.timers.splice(0).forEach((timer) => timer());
    }
    kinds(): string[] {
        return this.messages.flatMap(({ message }) => message.events.map((event) => event.kind));
    }
}

test("few events are sent at once, many in bundles, with their bytes where they say", () => {
    const world = new Testing();
    const queue = new Queue("native", world, 4096);
    queue.push({ kind: "data" }, utf8("early"));
    assert.equal(world.messages.length, 0);
    queue.begin([{ kind: "hello" }, { kind: "hooks" }]);
    assert.deepEqual(world.kinds(), ["hello", "hooks", "data"]);
    for (let at = 0; at < 1000; at++) {
        queue.push({ kind: "data", at }, utf8(`bytes ${at}`));
    }
    assert.ok(world.messages.length < 40);
    world.tick();
    const seen = world.messages.flatMap(({ message, blob }) =>
        message.events.map((event) => {
            const [offset, length] = (event["bytes"] as [number, number] | undefined) ?? [0, 0];
            return String.fromCharCode(...new Uint8Array(blob ?? new ArrayBuffer(0), offset, length));
        }),
    );
    assert.deepEqual(seen.slice(3), Array.from({ length: 1000 }, (_, at) => `bytes ${at}`));
    world.messages.forEach(({ message }, at) => assert.equal(message.seq, at));
    assert.ok(world.messages.every(({ message }) => message.events.length <= 64));
    assert.deepEqual(queue.counts(), { events: 1003, dropped: 0, messages: world.messages.length });
    world.time += 1000;
    const before = world.messages.length;
    queue.push({ kind: "dns" });
    assert.equal(world.messages.length, before + 1);
});

test("too many events are dropped and counted; a flood of bytes leaves room for a name", () => {
    const world = new Testing();
    const queue = new Queue("native", world, 100);
    queue.begin([{ kind: "hello" }]);
    for (let at = 0; at < 1000; at++) {
        queue.push({ kind: "data" }, new Uint8Array(10));
    }
    queue.push({ kind: "dns" });
    world.tick();
    const { events, dropped } = queue.counts();
    assert.equal(world.kinds().at(-1), "dns");
    assert.equal(events + dropped, 1002);
    assert.equal(events, 1 + 16 + 75 + 1);
    assert.equal(world.messages.at(-1)?.message.dropped, dropped);
    for (let at = 0; at < 50; at++) {
        queue.push({ kind: "http" }, new Uint8Array(1024 * 1024));
    }
    world.tick();
    assert.ok(world.messages.every(({ blob }) => blob === null || blob.byteLength <= 1024 * 1024));
    const lost = queue.counts().dropped;
    assert.ok(lost > dropped);
    queue.push({ kind: "http" }, new Uint8Array(1024 * 1024));
    assert.equal(queue.counts().dropped, lost);
});

test("trouble is told once each, and not without end", () => {
    const told: unknown[] = [];
    const troubles = new Troubles((event) => told.push(event));
    assert.equal(troubles.guard("here", () => 7), 7);
    const failing = (what: string) => () => {
        throw new Error(what);
    };
    assert.equal(troubles.guard("here", failing("x".repeat(9999))), undefined);
    troubles.guard("here", failing("x".repeat(9999)));
    assert.equal(told.length, 1);
    assert.ok(JSON.stringify(told[0]).length < 700);
    for (let at = 0; at < 1000; at++) {
        troubles.guard("here", failing(`${at}`));
    }
    assert.ok(told.length <= 32);
});

test("settings: those given replace the usual ones, and what is none is named", () => {
    assert.deepEqual(configured(undefined), DEFAULTS);
    assert.equal(configured({ received: true }).received, true);
    assert.deepEqual(configured({ ignorePorts: [1, 65535] }).ignorePorts, [1, 65535]);
    const wrong: [unknown, RegExp][] = [
        [7, /no object/],
        [{ firstBytes: 1.5 }, /firstBytes/],
        [{ firstBytes: 1 << 20 }, /firstBytes/],
        [{ queue: 0 }, /queue/],
        [{ received: 1 }, /received/],
        [{ stacks: "all" }, /stacks/],
        [{ ignorePorts: [70000] }, /ignorePorts/],
        [{ ignorePorts: 80 }, /ignorePorts/],
        [{ firstbytes: 1 }, /firstbytes: no such setting/],
    ];
    for (const [asked, what] of wrong) {
        assert.throws(() => configured(asked), what);
    }
});

test("text as UTF-8", () => {
    for (const text of ["", "ascii", "Grüße", "注册", "😀", "a\u0000b"]) {
        assert.deepEqual([...utf8(text)], [...new TextEncoder().encode(text)]);
    }
    assert.deepEqual([...utf8("\ud800x")], [...new TextEncoder().encode("\ud800x")]);
});

test("the Java caller is the first frame outside the hooked class", () => {
    const stack = [
        "java.base/java.lang.Thread.getStackTrace(Native Method)",
        "android.telephony.TelephonyManager.getImei(TelephonyManager.java:9)",
        "android.telephony.TelephonyManager.getDeviceId(TelephonyManager.java:5)",
        "com.qualcomm.qti.autoregistration.RegistrationTask.register(RegistrationTask.java:22)",
        "java.base/java.lang.Thread.run(Thread.java:840)",
    ];
    const found = callers(stack, "android.telephony.TelephonyManager");
    assert.equal(found.caller, stack[3]);
    assert.deepEqual(found.stack, stack.slice(1));
    assert.equal(callers(["java.base/java.net.Socket.connect(Socket.java:1)", "a.B.c(B.java:2)"], "java.net.Socket").caller, "a.B.c(B.java:2)");
    assert.deepEqual(callers([], "a.B"), { caller: "", stack: [] });
});
