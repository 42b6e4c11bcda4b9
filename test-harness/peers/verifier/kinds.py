"""The kinds of faults: the table of *Faults* in docs/verdict.md.

It must not import anything of this package.
"""

REPLACE_ALL = {"RollingRestart", "SecretRotation"}  # faults by which every pod goes
ONE_BY_ONE = {*REPLACE_ALL, "Eviction"}  # faults that strike pods one after another
SLUG = {
    "PodKill": "pod-kill",
    "RollingRestart": "rolling-restart",
    "ContainerKill": "container-kill",
    "Freeze": "freeze",
    "Partition": "partition",
    "Delay": "delay",
    "Loss": "loss",
    "Bandwidth": "bandwidth",
    "DnsOutage": "dns-outage",
    "Reset": "reset",
    "MemoryPressure": "memory-pressure",
    "Jitter": "jitter",
    "CpuStarvation": "cpu-starvation",
    "DiskFull": "disk-full",
    "DescriptorExhaustion": "descriptor-exhaustion",
    "DnsFailure": "dns-failure",
    "DnsWrongAddress": "dns-wrong-address",
    "DnsDelay": "dns-delay",
    "HttpReset": "http-reset",
    "HttpDelay": "http-delay",
    "HttpStatus": "http-status",
    "HttpCut": "http-cut",
    "Duplicate": "duplicate",
    "Corrupt": "corrupt",
    "Reorder": "reorder",
    "ControlPlaneOutage": "control-plane-outage",
    "Eviction": "eviction",
    "SecretRotation": "secret-rotation",
}
PHRASE = {
    "PodKill": "one of its pods was killed",
    "RollingRestart": "its pods were replaced one by one",
    "ContainerKill": "its process was killed",
    "Freeze": "its processes stood still",
    "Partition": "it was cut off from the network",
    "Delay": "packets to it were delayed",
    "Loss": "packets to it were lost",
    "Bandwidth": "its bandwidth was limited",
    "DnsOutage": "it got no answer from DNS",
    "Reset": "connections to it were reset",
    "MemoryPressure": "its memory was nearly full",
    "Jitter": "packets to it came unevenly",
    "CpuStarvation": "its threads waited for a CPU",
    "DiskFull": "its volumes were full",
    "DescriptorExhaustion": "it could open hardly any descriptor",
    "DnsFailure": "DNS told it that it failed",
    "DnsWrongAddress": "DNS gave it a wrong address",
    "DnsDelay": "DNS answered it late",
    "HttpReset": "its connections were reset in place of answers",
    "HttpDelay": "its answers came late",
    "HttpStatus": "its answers had a wrong status",
    "HttpCut": "its answers were cut off",
    "Duplicate": "packets to it came twice",
    "Corrupt": "packets to it were corrupted",
    "Reorder": "packets to it overtook each other",
    "ControlPlaneOutage": "it could not reach the control plane",
    "Eviction": "its pods on one node were evicted",
    "SecretRotation": "its secrets were rotated",
}
THROUGH_API = {"PodKill", "RollingRestart", "Eviction", "SecretRotation"}
STRENGTH = {
    "HttpReset": "requestPpm",  # first: of a HttpDelay, how late it is stands beside
    "HttpDelay": "requestPpm",
    "HttpStatus": "requestPpm",
    "HttpCut": "requestPpm",
    "Delay": "delayMs",
    "Jitter": "jitterMs",
    "Loss": "lossPpm",
    "Bandwidth": "kilobytesPerSecond",
    "Reset": "resetPpm",
    "Duplicate": "packetPpm",
    "Corrupt": "packetPpm",
    "Reorder": "packetPpm",
    "MemoryPressure": "memoryPercent",
    "CpuStarvation": "cpuPercent",
    "DiskFull": "diskPercent",
    "DescriptorExhaustion": "descriptorPercent",
    "DnsDelay": "delayMs",
}
# Faults that take a percentage: of what, what became of that part, and who feels it.
TAKEN = {
    "MemoryPressure": ("of the limit", "in use", "a container that uses"),
    "CpuStarvation": ("of the time that threads wanted to run", "waited", "a container whose threads wait"),
    "DiskFull": ("of a volume", "in use", "a volume that holds"),
    "DescriptorExhaustion": ("of the limit of descriptors", "in use", "a process that uses"),
}
AMOUNTS = {"Delay", "Jitter", "DnsDelay", "Bandwidth", *TAKEN}  # a value of their doses is more than yes or no
ON_HTTP = {"HttpReset", "HttpDelay", "HttpStatus", "HttpCut"}
ON_PACKETS = {"Duplicate", "Corrupt", "Reorder"}
STRONGEST = {**dict.fromkeys(ON_HTTP | ON_PACKETS | {"Loss", "Reset"}, 1_000_000), **dict.fromkeys(TAKEN, 100)}
ON_ANSWERS_OF_DNS = {"DnsFailure", "DnsWrongAddress", "DnsDelay"}
ON_DNS = {"DnsOutage"} | ON_ANSWERS_OF_DNS
ON_NETWORK = {"Partition", "Delay", "Jitter", "Loss", "Bandwidth", "Reset"} | ON_PACKETS
EACH_PEER = "*"
