declare const behaviour: unknown;
export default behaviour;
