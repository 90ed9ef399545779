/* Stands for frida-server inside a folder that holds no Python: same command line, same exit codes, and it
   stays as a process while whoever started the tests runs the real service on the port it is told. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *listen_on = "", *token = "";
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--version")) return puts(VERSION) < 0;
    if (!strcmp(argv[i], "-l") && i + 1 < argc) listen_on = argv[++i];
    else if (!strcmp(argv[i], "--token") && i + 1 < argc) token = argv[++i];
  }
  const char *port = strrchr(listen_on, ':');
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(HELPER_PORT)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int helper = socket(AF_INET, SOCK_STREAM, 0);
  char said = 0;
  if (!port || connect(helper, (struct sockaddr *)&to, sizeof to) < 0) return 5;
  dprintf(helper, "%s %s\n", port + 1, token);
  if (read(helper, &said, 1) != 1 || said != 'r') return 5;
  if (fork()) return 0;
  setsid();
  for (int fd = 0; fd < 3; fd++) close(fd);
  pause(); /* a signal ends it, and with it the helper's connection */
  return 0;
}
