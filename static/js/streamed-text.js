// Text that arrives in pieces, each with the number of characters before it. Counted as the server counts: an emoji is
// one character, although it takes two places in a JavaScript string.
export class StreamedText {
  text = '';
  length = 0;

  // Takes a piece; false when characters before it are missing here. An offset of 0 starts over.
  take(offset, piece) {
    if (offset > this.length) return false;
    if (offset < this.length) this.set([...this.text].slice(0, offset).join(''), offset);
    this.set(this.text + piece, this.length + [...piece].length);
    return true;
  }

  set(text, length) {
    this.text = text;
    this.length = length;
  }
}
