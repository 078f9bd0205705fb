# SPDX-License-Identifier: GPL-2.0
"""What others wrote that exercises an RDMA driver, as Debian packages it.

all_tests() is the list.  A new program is a line here.  In a command, {dev} is
the RDMA device, {addr} the address of the network device under it, {gid} the
index of the GID that is made of that address; {file} is a file on a fresh ext4,
one for the server and one for the client.
"""

from dataclasses import dataclass, field


@dataclass
class Test:
    """A program, or a server and a client that talk to each other."""
    suite: str
    name: str
    client: str
    server: str = ''
    env: dict = field(default_factory=dict)
    # The server serves until it is killed.
    stays: bool = False
    # Registers a file's mapping: the stock kernel says EFAULT.
    uses_file: bool = False
    # ... and something other than zeros gets into the server's.
    fills_file: bool = True
    # Which bytes must be the same once they were read from the disk again, as
    # (file, offset, other file, offset, length).
    same_bytes: tuple = ()
    # Is part of the short run.
    quick: bool = False


def pair(suite, name, command, to='{addr}', **more):
    """Server and client are the same program; the client gets an address."""
    return Test(suite, name, f'{command} {to}', command, **more)


def ibverbs():
    """libibverbs' examples; -c looks at what was received."""
    yield Test('ibverbs', 'ibv_devinfo', 'ibv_devinfo -v -d {dev}', quick=True)
    for kind in 'rc', 'uc', 'ud', 'srq':
        command = f'ibv_{kind}_pingpong -d {{dev}} -g {{gid}} -n 20 -c -s '
        yield pair('ibverbs', f'ibv_{kind}_pingpong', f'{command} 2048',
                   quick=True)
        yield pair('ibverbs', f'ibv_{kind}_pingpong -e', f'{command} 2048 -e')
    yield pair('ibverbs', 'ibv_rc_pingpong -s 1M',
               'ibv_rc_pingpong -d {dev} -g {gid} -n 5 -c -s 1048576')
    yield pair('ibverbs', 'ibv_xsrq_pingpong',
               'ibv_xsrq_pingpong -d {dev} -g {gid} -n 20 -s 2048')


SIZE = 65536
# Each side has two buffers, one after the other, full of random bytes; whatever
# goes over the wire goes between the client's first and the server's second.
PERFTEST_BYTES = ('server', SIZE, 'client', 0, SIZE)


def perftest():
    """Every program, connected by socket and by rdma_cm (-R)."""
    for verb in 'write', 'read', 'send', 'atomic':
        for measure in 'bw', 'lat':
            program = f'ib_{verb}_{measure}'
            size = '' if verb == 'atomic' else '-s 4096'
            large = '' if verb == 'atomic' else f'-s {SIZE}'
            # A peer on an emulated machine is no reason to give up at once.
            command = f'{program} -d {{dev}} -F -n 20 -u 18'
            for connect in '', ' -R':
                yield pair('perftest', program + connect,
                           f'{command} {size}{connect}')
                yield pair('perftest', f'{program}{connect} --mmap',
                           f'{command} {large}{connect} --mmap={{file}}',
                           uses_file=True, quick=True,
                           same_bytes=PERFTEST_BYTES if measure == 'bw' and
                           verb != 'atomic' else ())
            if verb in ('write', 'send'):
                yield pair('perftest', f'{program} -c UC',
                           f'{command} -c UC {size}')
            if verb == 'send':
                yield pair('perftest', f'{program} -c UD',
                           f'{command} -c UD -s 2048')
            if verb != 'atomic':
                yield pair('perftest', f'{program} -R -s 1M',
                           f'{program} -d {{dev}} -F -n 5 -R -s 1048576')


def rdmacm():
    """librdmacm's examples."""
    for name, options in ('rping', '-V'), ('rping -P', '-V -P'):
        yield Test('rdmacm', name, f'rping -c -a {{addr}} -C 20 -S 4096 {options}',
                   f'rping -s -a {{addr}} -C 20 -S 4096 {options}',
                   stays='-P' in options, quick=True)
    yield pair('rdmacm', 'ucmatose', 'ucmatose -b {addr} -C 20 -S 4096',
               '-s {addr}', quick=True)
    yield pair('rdmacm', 'udaddy', 'udaddy -b {addr} -C 20 -S 1024', '-s {addr}')
    yield pair('rdmacm', 'udpong', 'udpong -b {addr} -C 20 -S 1024', '-s {addr}',
               stays=True)
    yield pair('rdmacm', 'mckey', 'mckey -m 239.1.2.3 -b {addr} -C 10', '-s')
    yield Test('rdmacm', 'rdma_client', 'rdma_client -s {addr}',
               'rdma_server -s {addr}')
    yield Test('rdmacm', 'rdma_xclient', 'rdma_xclient -c r -s {addr}',
               'rdma_xserver -c r')
    yield Test('rdmacm', 'rdma_xclient -c x', 'rdma_xclient -c x -s {addr}',
               'rdma_xserver -c x')
    for program in 'rstream', 'riostream':
        yield Test('rdmacm', program, f'{program} -s {{addr}} -S 65536 -C 20 -T b',
                   f'{program} -b {{addr}} -S 65536 -C 20 -T b')
    yield Test('rdmacm', 'rcopy',
               'sh -c "rcopy /usr/bin/ib_send_bw {addr}:/tmp/copied &&'
               ' cmp /usr/bin/ib_send_bw /tmp/copied"', 'rcopy', stays=True)
    yield pair('rdmacm', 'cmtime', 'cmtime -b {addr} -c 10', '-s {addr}',
               stays=True)


def fio():
    """fio's rdma engine; its buffers in the mapping of a file with mmapshared."""
    for verb in 'write', 'read', 'send':
        # iWARP ends a connection when a message finds no receive posted, and fio
        # does not wait for one: no more messages than it posts at the start.
        size = '160k' if verb == 'send' else '320k'
        common = f'fio --name=job --ioengine=rdma --port=18888 --bs=16k --size={size}'
        # Which side asks for data is told by verb; rw=write makes a client.
        server = f'{common} --rw=read --iodepth=16'
        client = (f'{common} --hostname={{addr}} --rw=write --iodepth=1'
                  ' --iodepth_batch_complete=1')
        yield Test('fio', f'verb={verb}', f'{client} --verb={verb}', server)
        yield Test('fio', f'verb={verb} mem=mmapshared',
                   f'{client} --verb={verb} --mem=mmapshared:{{file}}',
                   f'{server} --mem=mmapshared:{{file}}', uses_file=True,
                   # The server's memory is read as it is.
                   fills_file=verb != 'read')


def libfabric():
    """fi_info and fi_pingpong over the verbs provider; -c looks at the data."""
    yield Test('libfabric', 'fi_info', 'fi_info -p verbs -d {dev}')
    command = 'fi_pingpong -I 20 -S 16384 -c -p'
    yield pair('libfabric', 'fi_pingpong msg', f'{command} verbs -e msg -d {{dev}}')
    # Completion queues for the 256 peers it expects are more than rxe makes.
    yield pair('libfabric', 'fi_pingpong rdm',
               f'{command} verbs;ofi_rxm -e rdm -d {{dev}}',
               env={'FI_UNIVERSE_SIZE': '4'})
    yield pair('libfabric', 'fi_pingpong dgram',
               'fi_pingpong -I 20 -S 1024 -c -p verbs -e dgram -d {dev}-dgram')


def ucx():
    """ucx_perftest: by itself on a transport, and UCP, which chooses one."""
    yield Test('ucx', 'ucx_info', 'sh -c "ucx_info -d | grep -w {dev}:1"')
    command = 'ucx_perftest -d {dev}:1 -n 20 -w 2 -x'
    for what in ('am_lat -D bcopy', 'am_lat -D zcopy', 'put_lat -D bcopy',
                 'put_lat -D zcopy', 'get -D bcopy', 'get -D zcopy'):
        yield pair('ucx', f'rc_verbs {what}',
                   f'{command} rc_verbs -s 4096 -t {what}')
    for what in 'am_lat', 'add_mr', 'fadd', 'swap', 'cswap':
        yield pair('ucx', f'rc_verbs {what}', f'{command} rc_verbs -s 8 -t {what}')
    yield pair('ucx', 'ud_verbs am_lat', f'{command} ud_verbs -s 64 -t am_lat')
    for transport in 'rc', 'ud':
        yield pair('ucx', f'ucp {transport} tag_lat',
                   'ucx_perftest -n 20 -w 2 -s 1024 -t tag_lat',
                   env={'UCX_NET_DEVICES': '{dev}:1', 'UCX_TLS': transport})


def pyverbs():
    """rdma-core's own tests, each a row of the result."""
    yield Test('pyverbs', 'pyverbs', '/setup/pyverbs-suite --dev {dev}')


SUITES = (ibverbs, perftest, rdmacm, fio, libfabric, ucx, pyverbs)


def all_tests():
    """Every test there is, in the order they are run in."""
    return [test for suite in SUITES for test in suite()]
