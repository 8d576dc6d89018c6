cyclictest -m -q -p80 -i1000 -D1 -h200 -a1 -t1 --mainaffinity=0 --policy=fifo --json=1t.json --histfile=1t.hist
rc=0
