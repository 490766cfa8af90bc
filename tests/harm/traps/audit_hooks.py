import sys

seen = []


def hook(event, args):
    if recording:
        seen.append(event)


recording = False
sys.addaudithook(hook)


def work(n):
    return open("/dev/null").close()


recording = True
for n in range(100):
    work(n)
recording = False
print({event: seen.count(event) for event in sorted(set(seen))})
