/*
 * NVML for tests: the functions that the healthcheck calls, and the faults that a file asks for.
 *
 * FAKE_NVML_FAULTS names the file. Each line is one of
 *   count N              so many GPUs (2)
 *   FUNCTION CODE        the function fails; FUNCTION@INDEX CODE: for one GPU alone
 *   FUNCTION hang        it does not return until the line is gone; @INDEX as above
 *   xid INDEX NUMBER     one event each time that the line is new
 *   ecc INDEX N          uncorrected memory errors
 *   remap INDEX P F      repair pending, repair failed
 *   throttle INDEX MASK
 *   process INDEX PID BYTES
 * nvmlDeviceGetRetiredPagesPendingStatus is missing on purpose.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINES 64
#define GPUS 16

typedef struct { int index; } device_t;
typedef device_t *nvmlDevice_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int gpu, memory; } rates_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gi, ci; } process_t;
typedef struct { nvmlDevice_t device; unsigned long long type, data; unsigned int gi, ci; } event_t;

static device_t devices[GPUS];
static int opened;
static char last_xid[128];

static int lines(char found[MOST_LINES][128]) {
  const char *path = getenv("FAKE_NVML_FAULTS");
  FILE *file = path ? fopen(path, "r") : NULL;
  int n = 0;
  if (file) {
    while (n < MOST_LINES && fgets(found[n], 128, file)) {
      found[n][strcspn(found[n], "\n")] = 0;
      n++;
    }
    fclose(file);
  }
  return n;
}

/* The code that the file asks for; index -1 for a function of no device. */
static int fault(const char *function, int index) {
  char found[MOST_LINES][128];
  char at[128];
  snprintf(at, sizeof at, "%s@%d", function, index);
  for (;;) {
    int hangs = 0, n = lines(found);
    for (int i = 0; i < n; i++) {
      char name[128], what[64];
      if (sscanf(found[i], "%127s %63s", name, what) != 2) continue;
      if (strcmp(name, function) && (index < 0 || strcmp(name, at))) continue;
      if (strcmp(what, "hang")) return atoi(what);
      hangs = 1;
    }
    if (!hangs) return 0;
    usleep(5000);
  }
}

/* The first line that begins with `key` and the device's index. */
static int value(const char *key, int index, unsigned long long *first, unsigned long long *second) {
  char found[MOST_LINES][128];
  int n = lines(found);
  for (int i = 0; i < n; i++) {
    char name[128];
    int at;
    unsigned long long a = 0, b = 0;
    if (sscanf(found[i], "%127s %d %llu %llu", name, &at, &a, &b) >= 3 && !strcmp(name, key) && at == index) {
      *first = a;
      *second = b;
      return 1;
    }
  }
  return 0;
}

#define CHECK(device)                                          \
  do {                                                         \
    int code = opened ? fault(__func__, (device)) : 1;         \
    if (code) return code;                                     \
  } while (0)

int nvmlInitWithFlags(unsigned int flags) {
  (void)flags;
  int code = fault(__func__, -1);
  if (!code) opened++;
  return code;
}

int nvmlShutdown(void) {
  CHECK(-1);
  opened--;
  return 0;
}

const char *nvmlErrorString(int code) { (void)code; return "A fault of the test"; }

int nvmlDeviceGetCount_v2(unsigned int *count) {
  char found[MOST_LINES][128];
  CHECK(-1);
  *count = 2;
  int n = lines(found);
  for (int i = 0; i < n; i++) sscanf(found[i], "count %u", count);
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  CHECK((int)index);
  if (index >= GPUS) return 2;
  devices[index].index = (int)index;
  *device = &devices[index];
  return 0;
}

int nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
  CHECK(device->index);
  snprintf(name, length, "Fake GPU %d", device->index);
  return 0;
}

int nvmlDeviceGetMemoryInfo(nvmlDevice_t device, memory_t *memory) {
  CHECK(device->index);
  memory->total = 80ULL << 30;
  memory->used = 3ULL << 30;
  memory->free = memory->total - memory->used;
  return 0;
}

int nvmlDeviceGetUtilizationRates(nvmlDevice_t device, rates_t *rates) {
  CHECK(device->index);
  rates->gpu = 75;
  rates->memory = 20;
  return 0;
}

int nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *degrees) {
  (void)sensor;
  CHECK(device->index);
  *degrees = 61;
  return 0;
}

int nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
  CHECK(device->index);
  *milliwatts = 312500;
  return 0;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *mask) {
  unsigned long long unused;
  CHECK(device->index);
  *mask = 0x4; /* the cap of power: normal */
  value("throttle", device->index, mask, &unused);
  return 0;
}

int nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, int type, int counter, unsigned long long *count) {
  unsigned long long unused;
  (void)type;
  (void)counter;
  CHECK(device->index);
  *count = 0;
  value("ecc", device->index, count, &unused);
  return 0;
}

int nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned int *corrected, unsigned int *uncorrected,
                              unsigned int *pending, unsigned int *failure) {
  unsigned long long p = 0, f = 0;
  CHECK(device->index);
  value("remap", device->index, &p, &f);
  *corrected = *uncorrected = 0;
  *pending = (unsigned int)p;
  *failure = (unsigned int)f;
  return 0;
}

int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, process_t *processes) {
  char found[MOST_LINES][128];
  unsigned int room = *count, seen = 0;
  CHECK(device->index);
  int n = lines(found);
  for (int i = 0; i < n; i++) {
    int at;
    unsigned int pid;
    unsigned long long bytes;
    if (sscanf(found[i], "process %d %u %llu", &at, &pid, &bytes) != 3 || at != device->index) continue;
    if (processes && seen < room) {
      memset(&processes[seen], 0, sizeof *processes);
      processes[seen].pid = pid;
      processes[seen].used = bytes;
    }
    seen++;
  }
  *count = seen;
  return seen > room ? 7 : 0;
}

int nvmlEventSetCreate(void **events) {
  CHECK(-1);
  *events = &opened;
  return 0;
}

int nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, void *events) {
  (void)types;
  (void)events;
  CHECK(device->index);
  return 0;
}

int nvmlEventSetWait_v2(void *events, event_t *event, unsigned int timeout) {
  char found[MOST_LINES][128];
  (void)events;
  (void)timeout;
  CHECK(-1);
  int n = lines(found);
  for (int i = 0; i < n; i++) {
    int at;
    unsigned long long xid;
    if (sscanf(found[i], "xid %d %llu", &at, &xid) != 2) continue;
    if (!strcmp(found[i], last_xid)) return 10;
    strcpy(last_xid, found[i]);
    memset(event, 0, sizeof *event);
    event->device = &devices[at];
    event->type = 8;
    event->data = xid;
    return 0;
  }
  last_xid[0] = 0;
  return 10;
}

int nvmlEventSetFree(void *events) { (void)events; return 0; }
