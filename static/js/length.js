// The characters of a text as actions/messages.py counts them: code points, without the space around it that is not
// stored. Pure.
export const counted = text => [...text.replace(/^\n+/, '').trimEnd()].length
