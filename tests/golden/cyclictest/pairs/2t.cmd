cyclictest -m -q -p80 -i500 -D2 -h60 -a0-1 -t2 --mainaffinity=0 --policy=fifo --json=2t.json --histfile=2t.hist
rc=0
