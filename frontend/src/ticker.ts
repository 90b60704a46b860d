/** A clock that a hidden tab does not slow: told an interval once, it says each time that it has passed. */
onmessage = (event: MessageEvent<number>) => {
  setInterval(() => postMessage(0), event.data);
};
