/** Why the program cannot start: the setting at fault and what would be right, for the operator. */
export class StartError extends Error {}
