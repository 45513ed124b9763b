/** What the operator of the machine can mend: the message says in a sentence what is wrong and what to do. */
export class OperatorError extends Error {}
