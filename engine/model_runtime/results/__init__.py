"""What the caller gets: results, usage, events.

usage    token counts and other measures of one call
events   what a stream yields
llm      the answer of a language model
others   text_embedding, rerank, speech2text, tts, moderation, tokens
"""
