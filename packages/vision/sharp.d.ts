// Stands for the types of sharp, which would bring Node's into code for pages; src/files/codec.ts says what is used of it.

declare const sharp: unknown;

export default sharp;
