cyclictest -m -q -p80 -i1000 -D1 -h5 -a0-1 -t2 --mainaffinity=0 --policy=fifo --json=2t-all-overflow.json --histfile=2t-all-overflow.hist
rc=0
