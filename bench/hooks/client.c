/* What a hook is measured on: "client serve" answers on loopback, "client PORT N" connects and writes, and prints
   {"connection_us", "send_us", "write_ns"}: a connection with a request and its answer, a request on an open
   connection, and a write to something that is no socket. It waits for a line before it starts. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nimei=356938035643809";

/* CPU of the whole process, agent and all: what the wall says hangs on who else is running. */
static double spent_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return at.tv_sec * 1e6 + at.tv_nsec / 1e3;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int serve(void) {
    struct sockaddr_in here = {AF_INET};
    socklen_t size = sizeof here;
    inet_aton("127.0.0.1", &here.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 128)) fail("listen");
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        char buffer[4096];
        int one = 1, client = accept(listener, NULL, NULL);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        while (recv(client, buffer, sizeof buffer, 0) > 0) send(client, "ok", 2, MSG_NOSIGNAL);
        close(client);
    }
}

static int connected(int port) {
    struct sockaddr_in to = {AF_INET, htons(port)};
    int one = 1, file = socket(AF_INET, SOCK_STREAM, 0);
    inet_aton("127.0.0.1", &to.sin_addr);
    if (connect(file, (struct sockaddr *)&to, sizeof to)) fail("connect");
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return file;
}

static void ask(int file) {
    char answer[16];
    if (send(file, request, sizeof request - 1, 0) < 0 || recv(file, answer, sizeof answer, 0) <= 0) fail("ask");
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "serve") == 0) return serve();
    if (count != 3) return 2;
    int port = atoi(words[1]), times = atoi(words[2]), file = open("/dev/null", O_WRONLY);
    puts("ready");
    fflush(stdout);
    getchar();
    double start = spent_us();
    for (int at = 0; at < times; at++) {
        int connection = connected(port);
        ask(connection);
        close(connection);
    }
    double connections = spent_us() - start;
    int open_one = connected(port);
    start = spent_us();
    for (int at = 0; at < times; at++) ask(open_one);
    double sends = spent_us() - start;
    close(open_one);
    start = spent_us();
    for (int at = 0; at < times; at++)
        if (write(file, request, 8) != 8) fail("write");
    double writes = spent_us() - start;
    printf("{\"connection_us\": %f, \"send_us\": %f, \"write_ns\": %f}\n", connections / times, sends / times,
           writes / times * 1000);
    return 0;
}
