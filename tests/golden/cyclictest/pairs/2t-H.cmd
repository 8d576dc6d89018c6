cyclictest -m -q -p80 -i1000 -D1 -H40 -a0-1 -t2 --mainaffinity=0 --policy=fifo --json=2t-H.json --histfile=2t-H.hist
rc=0
