"""Papers (证书): due, issued, printed, verified; and honours (评优), ranked and frozen."""
