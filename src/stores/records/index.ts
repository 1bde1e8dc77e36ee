// The door of records: what all stores of threads do alike with a thread and its messages, whatever engine they are on.

export { type Apart, type BlobOf, type ContentBlob, putTogether, type TakenApart, takeApart } from "./content-apart.ts";
export { excerptAround, excerptOf, isSearched, textOf } from "./message-text.ts";
export { appended, begun, changed, shared } from "./thread-state.ts";
export { normalText, placeOfWord, QUESTION_WORDS_MAX, WORDS_MAX, wordsIn, wordsOf } from "./words.ts";
