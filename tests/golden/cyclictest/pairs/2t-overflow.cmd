cyclictest -m -q -p80 -i1000 -D1 -h20 -a0-1 -t2 --mainaffinity=0 --policy=fifo --json=2t-overflow.json --histfile=2t-overflow.hist
rc=0
